package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;

/** How many operands an instruction takes: one too many must not be overlooked. */
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

  /** As many as belong there; as many as there are where a decoder counts itself. */
  private static int wanted(Instruction in) {
    boolean combined = in.has("and") || in.has("or") || in.has("xor");
    int got = in.operands().size();
    return switch (in.opcode()) {
      case "exit", "trap", "brkpt", "griddepcontrol", "membar" -> 0;
      case "cp" -> in.has("wait_all") || in.has("commit_group") ? 0 : got;
      case "fence" -> in.has("proxy") ? got : 0;
      case "activemask", "nanosleep", "pmevent" -> 1;
      case "abs", "neg", "not", "cnot", "popc", "clz", "brev", "bfind", "mov", "cvta" -> 2;
      case "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh", "testp", "isspacep" -> 2;
      case "movmatrix", "ldmatrix", "stmatrix", "elect" -> 2;
      case "add", "sub", "mul", "div", "rem", "addc", "subc", "mul24", "copysign" -> 3;
      case "and", "or", "xor", "shl", "shr", "szext", "bmsk", "match", "redux" -> 3;
      case "mad", "madc", "fma", "sad", "mad24", "bfe", "fns", "prmt", "dp4a", "dp2a", "shf" -> 4;
      case "selp", "slct", "vmad" -> 4;
      case "vadd2", "vsub2", "vavrg2", "vabsdiff2", "vmin2", "vmax2", "vset2" -> 4;
      case "vadd4", "vsub4", "vavrg4", "vabsdiff4", "vmin4", "vmax4", "vset4" -> 4;
      case "bfi" -> 5;
      case "lop3" -> combined ? 6 : 5;
      case "set", "setp" -> combined ? 4 : 3;
      case "min", "max" -> got == 4 && Decoder.type(in) == ScalarType.F32 ? 4 : 3;
      case "cvt" -> conversion(in);
      case "vote" -> in.has("sync") ? 3 : 2;
      case "shfl" -> in.has("sync") ? 5 : 4;
      case "red" -> withPolicy(in, 2);
      case "atom" -> withPolicy(in, in.has("cas") ? 4 : 3);
      default -> got;
    };
  }

  private static int withPolicy(Instruction in, int count) {
    return in.has("L2::cache_hint") ? count + 1 : count;
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
