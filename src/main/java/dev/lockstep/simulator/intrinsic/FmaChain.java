package dev.lockstep.simulator.intrinsic;

/**
 * A chain of fp32 fused multiply-adds, k ascending, as {@link TensorCore} describes it. An f16
 * result is rounded once more, at the end.
 */
public final class FmaChain implements Accumulation {
  @Override
  public void multiply(MatrixShape shape, float[] a, float[] b, float[] c) {
    int k = shape.k();
    for (int matrix = 0; matrix < shape.matrices(); matrix++) {
      for (int i = 0; i < shape.m(); i++) {
        int row = matrix * shape.m() + i;
        for (int j = 0; j < shape.n(); j++) {
          int column = matrix * shape.n() + j;
          int at = row * shape.n() + j;
          c[at] = FloatOps.canonical(chain(k, a, row * k, b, column * k, c[at]));
        }
      }
    }
  }

  private static float chain(int k, float[] a, int row, float[] b, int column, float c) {
    float sum = c;
    for (int l = 0; l < k; l++) {
      sum = Math.fma(a[row + l], b[column + l], sum);
    }
    return sum;
  }
}
