package dev.lockstep.ops;

/**
 * A product as it should be.
 *
 * @param exact sums of products of the factors multiplied, in double precision
 * @param plainError the largest error of such sums in fp32, one product after the other
 * @param largestTerm the largest product
 * @param missing what three products of rounded factors may miss
 */
record ExactProduct(double[] exact, double plainError, double largestTerm, double missing) {
  /**
   * @param stepA from row to row of the left factor
   * @param depthA along the sum
   * @param depthB along the sum of the right factor
   * @param stepB from column to column of the result
   */
  static ExactProduct of(
      MatrixPrecision precision,
      int rows,
      int columns,
      int depth,
      double[] a,
      int stepA,
      int depthA,
      double[] b,
      int depthB,
      int stepB) {
    boolean rounded = precision == MatrixPrecision.TF32;
    double[] left = rounded ? Samples.tf32(a) : a;
    double[] right = rounded ? Samples.tf32(b) : b;
    double[] exact = new double[rows * columns];
    double error = 0;
    double terms = 0;
    for (int i = 0; i < exact.length; i++) {
      int atA = i / columns * stepA;
      int atB = i % columns * stepB;
      double sum = 0;
      double magnitudes = 0;
      float plain = 0;
      for (int k = 0; k < depth; k++) {
        double x = left[atA + k * depthA];
        double y = right[atB + k * depthB];
        sum += x * y;
        magnitudes += Math.abs(x * y);
        plain = Math.fma((float) x, (float) y, plain);
      }
      exact[i] = sum;
      error = Math.max(error, Math.abs(plain - sum));
      terms = Math.max(terms, magnitudes);
    }
    double missing = precision == MatrixPrecision.TF32X3 ? 3 * 0x1p-22 * terms : 0;
    return new ExactProduct(exact, error, Samples.largest(left) * Samples.largest(right), missing);
  }

  OpCase expect(OpCase op, String output) {
    return op.within(2 * plainError + missing, output, exact);
  }
}
