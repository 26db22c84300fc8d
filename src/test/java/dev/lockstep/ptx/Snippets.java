package dev.lockstep.ptx;

import java.util.List;

/** Pieces of PTX for tests, made whole. */
final class Snippets {
  static final String HEADER = ".version 8.0\n.target sm_80\n.address_size 64\n";

  private Snippets() {}

  static PtxKernel kernel(String body) {
    return PtxParser.parse(HEADER + ".entry k() {" + body + "}").kernels().get(0);
  }

  static List<Instruction> instructions(String body) {
    return kernel("\n\n" + body).instructions();
  }

  /** A literal as an operand. */
  static Operand literal(String text) {
    return instructions(".reg .b64 %d; mov.b64 %d, " + text + ";").get(0).operands().get(1);
  }
}
