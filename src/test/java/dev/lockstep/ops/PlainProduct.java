package dev.lockstep.ops;

import java.util.function.IntBinaryOperator;

/**
 * A matrix product twice: in double precision, and as plain fp32 code would add it up, one fused
 * multiply-add after the other.
 */
record PlainProduct(double[] exact, double[] plain) {
  /**
   * @param left where element {@code (row, i)} of a sum's left factors is
   * @param right where element {@code (col, i)} of its right ones is
   */
  static PlainProduct of(
      double[] a,
      IntBinaryOperator left,
      double[] b,
      IntBinaryOperator right,
      int rows,
      int cols,
      int depth) {
    double[] exact = new double[rows * cols];
    double[] plain = new double[rows * cols];
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        double sum = 0;
        float chain = 0;
        for (int i = 0; i < depth; i++) {
          double x = a[left.applyAsInt(row, i)];
          double y = b[right.applyAsInt(col, i)];
          sum += x * y;
          chain = Math.fma((float) x, (float) y, chain);
        }
        exact[row * cols + col] = sum;
        plain[row * cols + col] = chain;
      }
    }
    return new PlainProduct(exact, plain);
  }

  /** With {@code more} added, in fp32 where it is plain; repeated where it is one row. */
  PlainProduct plus(double[] more) {
    double[] sum = exact.clone();
    double[] rounded = plain.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i % more.length];
      rounded[i] = (float) (rounded[i] + more[i % more.length]);
    }
    return new PlainProduct(sum, rounded);
  }
}
