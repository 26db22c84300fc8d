package dev.lockstep.reference;

import org.jspecify.annotations.Nullable;

/** LayerNorm and RMSNorm over the last dimension, ε inside the root. */
public final class NormFormula {
  private NormFormula() {}

  /**
   * {@code (x − mean) · rstd · w + b} with {@code rstd = 1/√(var + ε)} and the biased variance (Ba
   * et al. 2016, <a href="https://arxiv.org/abs/1607.06450">1607.06450</a>).
   */
  public static Normalized layerNorm(
      Variable x, @Nullable Variable weight, @Nullable Variable bias, double eps) {
    Variable mean = mean(x);
    Variable centred = Primitives.addScaled(x, -1, Views.acrossColumns(mean, x));
    Variable rstd = rstd(mean(Primitives.multiply(centred, centred)), eps);
    return new Normalized(scaleAndShift(centred, rstd, weight, bias), mean, rstd);
  }

  /**
   * {@code x · rstd · w} with {@code rstd = 1/√(mean(x²) + ε)} (Zhang and Sennrich 2019, <a
   * href="https://arxiv.org/abs/1910.07467">1910.07467</a>).
   */
  public static Normalized rmsNorm(Variable x, @Nullable Variable weight, double eps) {
    Variable rstd = rstd(mean(Primitives.multiply(x, x)), eps);
    return new Normalized(scaleAndShift(x, rstd, weight, null), null, rstd);
  }

  private static Variable mean(Variable x) {
    return Primitives.affine(Primitives.sumRows(x), 1.0 / x.columns(), 0);
  }

  private static Variable rstd(Variable variance, double eps) {
    return Primitives.map(
        variance, v -> 1 / Math.sqrt(v + eps), v -> -0.5 / ((v + eps) * Math.sqrt(v + eps)));
  }

  private static Variable scaleAndShift(
      Variable x, Variable rstd, @Nullable Variable weight, @Nullable Variable bias) {
    Variable y = Primitives.multiply(x, Views.acrossColumns(rstd, x));
    if (weight != null) {
      y = Primitives.multiply(y, Views.acrossRows(weight, y));
    }
    if (bias != null) {
      y = Primitives.addScaled(y, 1, Views.acrossRows(bias, y));
    }
    return y;
  }

  /**
   * A normalised tensor and the statistics of its rows.
   *
   * @param mean one per row; null for RMSNorm, which subtracts none
   * @param rstd one per row
   */
  public record Normalized(Variable y, @Nullable Variable mean, Variable rstd) {}
}
