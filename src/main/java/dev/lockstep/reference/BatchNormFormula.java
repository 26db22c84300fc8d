package dev.lockstep.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of each channel over the batch and all places (Ioffe and Szegedy 2015, <a
 * href="https://arxiv.org/abs/1502.03167">1502.03167</a>), with running statistics as PyTorch keeps
 * them. Channels are the second dimension.
 *
 * @param eps inside the root
 * @param momentum the share of the new statistics in the running ones
 */
public record BatchNormFormula(double eps, double momentum) {
  /** Means and variances over the batches seen; starts at 0 and 1. */
  public static final class Running {
    private final double[] mean;
    private final double[] variance;

    /** Before the first batch. */
    public Running(int channels) {
      mean = new double[channels];
      variance = new double[channels];
      Arrays.fill(variance, 1);
    }

    public double[] mean() {
      return mean;
    }

    public double[] variance() {
      return variance;
    }
  }

  /**
   * {@code (x − mean) · rstd · w + b} with {@code rstd = 1/√(var + ε)} of this batch, the variance
   * biased; the running variance takes in the unbiased one.
   *
   * @param running updated unless null
   * @throws IllegalArgumentException if running statistics are to take in a single value
   */
  public NormFormula.Normalized train(
      Variable x, @Nullable Variable weight, @Nullable Variable bias, @Nullable Running running) {
    Variable rows = Views.channelsFirst(x);
    NormFormula.Normalized normalized = NormFormula.layerNorm(rows, null, null, eps);
    if (running != null) {
      update(running, rows);
    }
    Variable y = scaleAndShift(Views.channelsBack(normalized.y(), x), weight, bias);
    return new NormFormula.Normalized(y, normalized.mean(), normalized.rstd());
  }

  /** The same with the running statistics, which are constants. */
  public Variable evaluate(
      Variable x, @Nullable Variable weight, @Nullable Variable bias, Running running) {
    int channels = running.mean.length;
    Variable mean = x.tape().constant(running.mean.clone(), channels);
    double[] rstd = Arrays.stream(running.variance).map(v -> 1 / Math.sqrt(v + eps)).toArray();
    Variable centred = Primitives.subtract(x, Views.acrossChannels(mean, x));
    Variable scale = Views.acrossChannels(x.tape().constant(rstd, channels), x);
    return scaleAndShift(Primitives.multiply(centred, scale), weight, bias);
  }

  private static Variable scaleAndShift(
      Variable x, @Nullable Variable weight, @Nullable Variable bias) {
    Variable y = weight == null ? x : Primitives.multiply(x, Views.acrossChannels(weight, x));
    return bias == null ? y : Primitives.add(y, Views.acrossChannels(bias, y));
  }

  private void update(Running running, Variable rows) {
    int n = rows.columns();
    if (n < 2) {
      throw new IllegalArgumentException("one value per channel has no unbiased variance");
    }
    for (int c = 0; c < rows.rows(); c++) {
      double[] row = Arrays.copyOfRange(rows.values(), c * n, (c + 1) * n);
      double mean = Arrays.stream(row).sum() / n;
      double squares = Arrays.stream(row).map(v -> (v - mean) * (v - mean)).sum();
      running.mean[c] += momentum * (mean - running.mean[c]);
      running.variance[c] += momentum * (squares / (n - 1) - running.variance[c]);
    }
  }
}
