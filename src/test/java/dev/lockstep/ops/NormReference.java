package dev.lockstep.ops;

import java.util.Arrays;

/**
 * What LayerNorm or RMSNorm makes of {@link NormInputs}, by textbook loops, and how large the
 * numbers are that are rounded on the way: subtracting a mean from numbers much like it leaves
 * their rounding errors, which dividing by a small deviation enlarges.
 */
final class NormReference {
  private final NormInputs in;
  private final double[] y;
  private final double[] mean;
  private final double[] rstd;
  private final double[] dX;
  private final double[] dWeight;
  private final double[] dBias;
  private double outputSize;
  private double rstdSize;
  private double gradientSize;
  private double weightGradientSize;

  NormReference(NormInputs in, double eps, boolean layer) {
    this.in = in;
    y = new double[in.rows() * in.cols()];
    dX = y.clone();
    mean = new double[in.rows()];
    rstd = new double[in.rows()];
    dWeight = new double[in.cols()];
    dBias = new double[in.cols()];
    double[] sum = in.sum();
    for (int row = 0; row < in.rows(); row++) {
      evaluateRow(row, Samples.rows(sum, row, 1, in.cols()), eps, layer);
    }
  }

  private void evaluateRow(int row, double[] s, double eps, boolean layer) {
    int cols = in.cols();
    double[] weight = in.weighted() ? in.weight() : ones(cols);
    double[] bias = in.weighted() && layer ? in.bias() : new double[cols];
    double[] dY = Samples.rows(in.dY(), row, 1, cols);
    double center = layer ? Arrays.stream(s).sum() / cols : 0;
    double scale =
        1 / Math.sqrt(Naive.sum(cols, i -> (s[i] - center) * (s[i] - center)) / cols + eps);
    mean[row] = center;
    rstd[row] = scale;
    double[] normalized = Arrays.stream(s).map(v -> (v - center) * scale).toArray();
    double[] g = Naive.times(dY, weight);
    double meanG = layer ? Arrays.stream(g).sum() / cols : 0;
    double projection = Arrays.stream(Naive.times(g, normalized)).sum() / cols;
    for (int i = 0; i < cols; i++) {
      int at = row * cols + i;
      y[at] = normalized[i] * weight[i] + bias[i];
      dX[at] = scale * (g[i] - meanG - normalized[i] * projection);
      dX[at] += in.residual() ? in.dSum()[at] : 0;
      dWeight[i] += dY[i] * normalized[i];
      dBias[i] += dY[i];
    }
    double condition = Samples.largest(s) * scale;
    double largestG = Samples.largest(g);
    outputSize = Math.max(outputSize, condition * Samples.largest(weight) + Samples.largest(bias));
    rstdSize = Math.max(rstdSize, scale * (1 + condition * condition * 0x1p-24));
    gradientSize =
        Math.max(
            gradientSize,
            scale * (2 * largestG + condition * Math.max(1, condition) * largestG)
                + (in.residual() ? Samples.largest(in.dSum()) : 0));
    weightGradientSize = Math.max(weightGradientSize, Samples.largest(dY) * condition);
  }

  private static double[] ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  double[] y() {
    return y;
  }

  double[] mean() {
    return mean;
  }

  double[] rstd() {
    return rstd;
  }

  double[] dX() {
    return dX;
  }

  double[] dWeight() {
    return dWeight;
  }

  double[] dBias() {
    return dBias;
  }

  double largestY() {
    return Samples.largest(y);
  }

  double outputSize() {
    return outputSize;
  }

  double rstdSize() {
    return rstdSize;
  }

  double gradientSize() {
    return gradientSize;
  }

  double weightGradientSize() {
    return weightGradientSize;
  }
}
