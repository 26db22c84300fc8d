package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.List;

/**
 * Which registers and literals an instruction's type allows (PTX ISA 9.2 and 9.4.1): those of its
 * size that are of its kind or are untyped bits. What an assembler refuses is a mistake; a program
 * that ran in spite of it would run here alone.
 */
final class OperandTypes {
  private OperandTypes() {}

  /**
   * Looks at the operands whose type is plain from the instruction's.
   *
   * @throws Unsupported naming the operand and the type
   */
  static void check(Instruction in) {
    if (!in.opcode().equals("mov") && !in.opcode().equals("cvt")) {
      noSpecial(in);
    }
    switch (in.opcode()) {
      case "add", "sub", "mul", "mad", "fma", "div", "rem", "min", "max", "abs", "neg", "sad" ->
          arithmetic(in);
      case "addc", "subc", "madc", "mul24", "mad24", "copysign", "and", "or", "xor", "not" ->
          arithmetic(in);
      case "cnot", "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh", "mov" ->
          arithmetic(in);
      case "selp", "slct" -> same(in, 0, 3, firstType(in));
      case "setp", "set" -> same(in, 1, 3, Decoder.type(in));
      case "shl", "shr" -> {
        same(in, 0, 2, Decoder.type(in));
        same(in, 2, 3, ScalarType.U32);
      }
      case "ld", "ldu" -> atLeast(in, 0, Decoder.type(in));
      case "st" -> atLeast(in, 1, Decoder.type(in));
      case "cvt" -> conversion(in);
      default -> {}
    }
  }

  /** What threads differ in is moved or converted to a register first. */
  private static void noSpecial(Instruction in) {
    for (Operand operand : in.operands()) {
      for (Operand element : Decoder.elements(operand)) {
        if (element instanceof Operand.Special(String name)) {
          throw new Unsupported(
              "the special register %s, which %s does not take: mov and cvt do"
                  .formatted(name, in.opcode()));
        }
      }
    }
  }

  private static void arithmetic(Instruction in) {
    List<ScalarType> types = Decoder.types(in);
    if (types.size() != 1) {
      return;
    }
    if (in.has("wide")) {
      same(in, 1, 3, types.getFirst());
    } else {
      same(in, 0, 4, types.getFirst());
    }
  }

  private static ScalarType firstType(Instruction in) {
    List<ScalarType> types = Decoder.types(in);
    return types.isEmpty() ? Decoder.type(in) : types.getFirst();
  }

  private static void same(Instruction in, int from, int to, ScalarType type) {
    for (int i = from; i < Math.min(to, in.operands().size()); i++) {
      Operand operand = in.operands().get(i);
      literal(operand, type);
      if (operand instanceof Operand.Reg(Register register)
          && (register.type().bytes() != type.bytes() || !isOfKind(register.type(), type))) {
        throw mistake(register, type);
      }
    }
  }

  private static void conversion(Instruction in) {
    List<ScalarType> types = Decoder.types(in);
    for (int i = 0; i < 2 && types.size() == 2 && in.operands().size() == 2; i++) {
      switch (types.get(i)) {
        case U8, S8, U16, S16, U32, S32, U64, S64, F16, BF16, F32, F64 ->
            atLeast(in, i, types.get(i));
        default -> {}
      }
    }
  }

  /** Registers of memory accesses and conversions may be wider than the type. */
  private static void atLeast(Instruction in, int n, ScalarType type) {
    if (n >= in.operands().size()) {
      return;
    }
    for (Operand operand : Decoder.elements(in.operands().get(n))) {
      literal(operand, type);
      if (operand instanceof Operand.Reg(Register register)
          && (register.type().bytes() < type.bytes() || !isOfKind(register.type(), type))) {
        throw mistake(register, type);
      }
    }
  }

  private static void literal(Operand operand, ScalarType type) {
    boolean packed = type == ScalarType.F16X2 || type == ScalarType.BF16X2;
    if (operand instanceof Operand.IntLiteral && (type.isFloat() || packed)) {
      throw new Unsupported("an integer where a ." + type.spelling() + " belongs");
    }
    if (operand instanceof Operand.FloatLiteral f && !takes(type, f)) {
      throw new Unsupported("a floating-point number where a ." + type.spelling() + " belongs");
    }
  }

  /** Halves have no literals; as untyped bits a literal must have as many as its type. */
  private static boolean takes(ScalarType type, Operand.FloatLiteral literal) {
    return switch (type) {
      case F32, F64 -> true;
      case B32 -> literal.single();
      case B64 -> !literal.single();
      default -> false;
    };
  }

  private static Unsupported mistake(Register register, ScalarType type) {
    return new Unsupported(
        "%s is .%s, which is no .%s"
            .formatted(register.name(), register.type().spelling(), type.spelling()));
  }

  private static boolean isOfKind(ScalarType register, ScalarType type) {
    return register == type
        || isUntyped(register)
        || isUntyped(type) && register != ScalarType.PRED
        || isInteger(register) && isInteger(type);
  }

  /** A register of a pair of halves takes any 32 bits. */
  private static boolean isUntyped(ScalarType type) {
    return switch (type) {
      case B8, B16, B32, B64, B128, F16X2, BF16X2 -> true;
      default -> false;
    };
  }

  private static boolean isInteger(ScalarType type) {
    return switch (type) {
      case U8, S8, U16, S16, U32, S32, U64, S64, U16X2, S16X2 -> true;
      default -> false;
    };
  }
}
