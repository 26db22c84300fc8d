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
    switch (in.opcode()) {
      case "add", "sub", "mul", "mad", "fma", "div", "rem", "min", "max", "abs", "neg", "sad" ->
          arithmetic(in);
      case "addc", "subc", "madc", "mul24", "mad24", "copysign", "and", "or", "xor", "not" ->
          arithmetic(in);
      case "cnot", "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh" -> arithmetic(in);
      case "mov" -> {
        plain(in);
        arithmetic(in);
      }
      case "selp", "slct" -> same(in, 0, 3, firstType(in));
      case "setp", "set" -> same(in, 1, 3, Decoder.type(in));
      case "shl", "shr" -> {
        same(in, 0, 2, Decoder.type(in));
        same(in, 2, 3, ScalarType.U32);
      }
      case "bfe", "szext" -> {
        same(in, 0, 2, Decoder.type(in));
        same(in, 2, 4, ScalarType.U32);
      }
      case "bfi" -> {
        same(in, 0, 3, Decoder.type(in));
        same(in, 3, 5, ScalarType.U32);
      }
      case "bfind", "clz", "popc" -> {
        same(in, 0, 1, ScalarType.U32);
        same(in, 1, 2, Decoder.type(in));
      }
      case "brev" -> same(in, 0, 2, Decoder.type(in));
      case "testp" -> same(in, 1, 2, Decoder.type(in));
      case "fns", "prmt", "lop3" -> same(in, 0, 4, ScalarType.B32);
      case "shf" -> {
        same(in, 0, 3, ScalarType.B32);
        same(in, 3, 4, ScalarType.U32);
      }
      case "bmsk", "dp4a", "dp2a" -> same(in, 0, 4, ScalarType.U32);
      case "activemask", "elect", "movmatrix" -> same(in, 0, 2, ScalarType.B32);
      case "nanosleep" -> same(in, 0, 1, ScalarType.U32);
      case "bar", "barrier" -> barrier(in);
      case "isspacep" -> address(in, 1);
      case "vote" -> {
        same(in, 0, 1, Decoder.onlyType(in, ScalarType.B32, ScalarType.PRED));
        same(in, 2, 3, ScalarType.U32);
      }
      case "match" -> {
        same(in, 1, 2, Decoder.type(in));
        same(in, 2, 3, ScalarType.U32);
      }
      case "redux" -> {
        same(in, 0, 2, Decoder.type(in));
        same(in, 2, 3, ScalarType.U32);
      }
      case "shfl" -> {
        same(in, 0, 4, ScalarType.B32);
        same(in, 4, 5, ScalarType.U32);
      }
      case "cvta" -> same(in, 0, 2, Decoder.type(in));
      case "atom", "red" -> atomic(in);
      case "ld", "ldu" -> {
        plain(in);
        atLeast(in, 0, Decoder.type(in));
      }
      case "st" -> {
        plain(in);
        atLeast(in, 1, Decoder.type(in));
      }
      case "cvt" -> conversion(in);
      default -> video(in);
    }
  }

  /** Video instructions take 32 bits, whatever they choose of them. */
  private static void video(Instruction in) {
    if (in.opcode().startsWith("v") && !in.opcode().equals("vote")) {
      same(in, 0, 4, ScalarType.U32);
    }
  }

  /** What moves and accesses know: bits, integers and whole floats; smaller ones are bits there. */
  private static void plain(Instruction in) {
    ScalarType type = Decoder.type(in);
    boolean small = type.isFloat() && type != ScalarType.F32 && type != ScalarType.F64;
    if (small || isPair(type) || type.bytes() == 1 && in.opcode().equals("mov")) {
      throw new Unsupported(in.opcode() + " of ." + type.spelling());
    }
  }

  private static void atomic(Instruction in) {
    ScalarType type = Decoder.type(in);
    int values = in.operands().size() - (in.has("L2::cache_hint") ? 1 : 0);
    for (Operand operand : in.operands().subList(0, values)) {
      for (Operand element : Decoder.elements(operand)) {
        exactly(element, type);
      }
    }
  }

  /** A barrier, a number of threads or a member mask; a reduction has a result before them. */
  private static void barrier(Instruction in) {
    boolean reduces = in.has("red");
    if (in.has("popc")) {
      same(in, 0, 1, ScalarType.U32);
    }
    same(in, reduces ? 1 : 0, in.operands().size() - (reduces ? 1 : 0), ScalarType.U32);
  }

  /** An integer of 32 bits or 64. */
  private static void address(Instruction in, int n) {
    if (in.operands().get(n) instanceof Operand.Reg(Register register)) {
      boolean wide = register.type().bytes() == 8;
      exactly(in.operands().get(n), wide ? ScalarType.U64 : ScalarType.U32);
    }
  }

  private static void arithmetic(Instruction in) {
    List<ScalarType> types = Decoder.types(in);
    if (types.size() == 2) {
      mixed(in, types.get(0), types.get(1));
      return;
    }
    if (types.size() != 1) {
      return;
    }
    if (in.has("wide")) {
      same(in, 1, 3, types.getFirst());
    } else {
      same(in, 0, 4, types.getFirst());
    }
  }

  /** {@code add.f32.f16 d, a, c}: only what is added is of the result's type. */
  private static void mixed(Instruction in, ScalarType result, ScalarType sources) {
    int last = in.operands().size() - 1;
    same(in, 0, 1, result);
    // Headers of old keep a bf16 in a .u16, which is taken here alone.
    same(in, 1, last, sources == ScalarType.BF16 ? ScalarType.B16 : sources);
    same(in, last, last + 1, result);
  }

  private static ScalarType firstType(Instruction in) {
    List<ScalarType> types = Decoder.types(in);
    return types.isEmpty() ? Decoder.type(in) : types.getFirst();
  }

  private static void same(Instruction in, int from, int to, ScalarType type) {
    for (int i = from; i < Math.min(to, in.operands().size()); i++) {
      Operand operand = in.operands().get(i);
      literal(operand, type);
      exactly(operand, type);
    }
  }

  private static void exactly(Operand operand, ScalarType type) {
    if (operand instanceof Operand.Reg(Register register)
        && (register.type().bytes() != type.bytes() || !isOfKind(register.type(), type))) {
      throw mistake(register, type);
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
    if (operand instanceof Operand.IntLiteral && (type.isFloat() || isPair(type))) {
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
        || (isInteger(register) || isPair(register)) && isInteger(type);
  }

  private static boolean isUntyped(ScalarType type) {
    return switch (type) {
      case B8, B16, B32, B64, B128 -> true;
      default -> false;
    };
  }

  /** In a register, a pair of halves is taken for an integer, too. */
  private static boolean isPair(ScalarType type) {
    return type == ScalarType.F16X2 || type == ScalarType.BF16X2;
  }

  private static boolean isInteger(ScalarType type) {
    return switch (type) {
      case U8, S8, U16, S16, U32, S32, U64, S64, U16X2, S16X2 -> true;
      default -> false;
    };
  }
}
