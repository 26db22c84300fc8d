package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import dev.lockstep.simulator.intrinsic.MatrixShape;

/**
 * How the lanes hold the matrices of a product; single bits count as words of 32.
 *
 * @param shape how many products, and how large
 */
public record MatrixParts(MatrixShape shape, Fragment d, Fragment a, Fragment b, Fragment c) {
  /** Those of an {@code mma} or {@code wmma.mma}. */
  public static MatrixParts of(Instruction in) {
    return in.opcode().equals("mma")
        ? MmaDecoder.parts(MatrixForm.of(in, MmaDecoder.FLAGS))
        : WmmaDecoder.parts(MatrixForm.of(in, WmmaDecoder.FLAGS));
  }

  /** How the lanes hold what a {@code wmma.load} loads or a {@code wmma.store} stores. */
  public static Fragment moved(Instruction in) {
    return WmmaMemory.fragment(MatrixForm.of(in, WmmaDecoder.FLAGS));
  }

  /** Those of types dense in their registers. */
  static MatrixParts of(
      MatrixForm form, MatrixElement d, MatrixElement a, MatrixElement b, MatrixElement c) {
    boolean words = a == MatrixElement.B1;
    int k = words ? form.k() / 32 : form.k();
    return new MatrixParts(
        new MatrixShape(1, form.m(), form.n(), k),
        Fragment.c(form.m(), form.n(), d.perRegister()),
        Fragment.a(form.m(), k, words ? 1 : a.perRegister()),
        Fragment.b(k, form.n(), words ? 1 : b.perRegister()),
        Fragment.c(form.m(), form.n(), c.perRegister()));
  }
}
