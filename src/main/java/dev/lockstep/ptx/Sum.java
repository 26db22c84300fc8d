package dev.lockstep.ptx;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operand {@code register+constant}: a register of its own holds the sum, which an instruction
 * before the one it belongs to computes.
 */
record Sum(Register result, Register register, long constant) {
  /** What a register may be declared as to be added to. */
  static final Set<ScalarType> TYPES =
      Set.of(
          ScalarType.B16,
          ScalarType.U16,
          ScalarType.S16,
          ScalarType.B32,
          ScalarType.U32,
          ScalarType.S32,
          ScalarType.B64,
          ScalarType.U64,
          ScalarType.S64);

  /** The addition, under the guard of the instruction that takes the sum. */
  Instruction instruction(
      Instruction.@Nullable Guard guard, int line, String text, @Nullable SourceLocation location) {
    return new Instruction(
        guard,
        "add",
        List.of("s" + register.type().bits()),
        List.of(
            new Operand.Reg(result), new Operand.Reg(register), new Operand.IntLiteral(constant)),
        line,
        text,
        location);
  }
}
