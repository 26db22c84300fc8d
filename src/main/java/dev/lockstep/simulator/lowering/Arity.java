package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;

/** How many operands an arithmetic instruction takes: one too many must not be overlooked. */
final class Arity {
  private Arity() {}

  /**
   * Refuses a wrong number of operands.
   *
   * @throws Unsupported naming both numbers
   */
  static void check(Instruction in) {
    int wanted = wanted(in);
    int got = in.operands().size();
    if (got != wanted) {
      throw new Unsupported("it has " + got + " operands, not " + wanted);
    }
  }

  private static int wanted(Instruction in) {
    boolean combined = in.has("and") || in.has("or") || in.has("xor");
    return switch (in.opcode()) {
      case "abs",
          "neg",
          "not",
          "cnot",
          "popc",
          "clz",
          "brev",
          "bfind",
          "rcp",
          "sqrt",
          "rsqrt",
          "ex2",
          "lg2",
          "sin",
          "cos",
          "tanh",
          "testp" ->
          2;
      case "mad", "madc", "fma", "sad", "mad24", "bfe", "fns", "prmt", "dp4a", "dp2a", "shf" -> 4;
      case "selp", "slct" -> 4;
      case "vadd2",
          "vadd4",
          "vsub2",
          "vsub4",
          "vavrg2",
          "vavrg4",
          "vabsdiff2",
          "vabsdiff4",
          "vmin2",
          "vmin4",
          "vmax2",
          "vmax4",
          "vset2",
          "vset4",
          "vmad" ->
          4;
      case "bfi" -> 5;
      case "lop3" -> combined ? 6 : 5;
      case "set", "setp" -> combined ? 4 : 3;
      case "min", "max" -> in.operands().size() == 4 && Decoder.type(in) == ScalarType.F32 ? 4 : 3;
      case "cvt" -> conversion(in);
      default -> 3;
    };
  }

  private static int conversion(Instruction in) {
    if (in.has("pack")) {
      return in.has("b32") ? 4 : 3;
    }
    boolean ofTwoSingles =
        in.has("f32")
            && (in.has("f16x2") || in.has("bf16x2") || in.has("e4m3x2") || in.has("e5m2x2"));
    return ofTwoSingles ? 3 : 2;
  }
}
