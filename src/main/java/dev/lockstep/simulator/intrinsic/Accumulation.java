package dev.lockstep.simulator.intrinsic;

/** How a tensor core adds up products of floats: NVIDIA documents no order. */
public sealed interface Accumulation permits FmaChain, ModelledTensorCore {
  /**
   * D = A·B + C.
   *
   * @param a row after row
   * @param b column after column
   * @param c row after row; D takes its place
   */
  void multiply(MatrixShape shape, float[] a, float[] b, float[] c);
}
