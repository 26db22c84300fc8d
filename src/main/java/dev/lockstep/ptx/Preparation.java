package dev.lockstep.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instruction that computes an operand: of {@code register+constant}, or of an element by its
 * index, a register of its own holds the value, and it is computed before the instruction that the
 * operand belongs to.
 */
record Preparation(String opcode, List<String> modifiers, List<Operand> operands) {
  /** The sum of a register and a constant. */
  static Preparation sum(Register result, Register register, long constant) {
    return new Preparation(
        "add",
        List.of("s" + register.type().bits()),
        List.of(
            new Operand.Reg(result), new Operand.Reg(register), new Operand.IntLiteral(constant)));
  }

  /** Whether a register declared so may be added to, or be an index. */
  static boolean isInteger(ScalarType type) {
    return switch (type) {
      case B16, U16, S16, B32, U32, S32, B64, U64, S64 -> true;
      default -> false;
    };
  }

  /** The instruction, under the guard and with the place of the one that takes the operand. */
  Instruction instruction(
      Instruction.@Nullable Guard guard, int line, String text, @Nullable SourceLocation location) {
    return new Instruction(guard, opcode, modifiers, operands, line, text, location);
  }
}
