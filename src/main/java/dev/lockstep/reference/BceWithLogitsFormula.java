package dev.lockstep.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Binary cross-entropy of the logistic function of logits. */
public final class BceWithLogitsFormula {
  private BceWithLogitsFormula() {}

  /**
   * {@code −w · (p · y · log σ(x) + (1 − y) · log(1 − σ(x)))} for each element; the mean or sum is
   * {@link Primitives#mean} or {@link Primitives#sum} of it.
   *
   * @param targets y, one for each logit
   * @param weight w, one for each logit; 1 when null
   * @param posWeight p, one for each column; 1 when null
   */
  public static Variable elements(
      Variable logits,
      double[] targets,
      double @Nullable [] weight,
      double @Nullable [] posWeight) {
    int n = logits.count();
    double[] w = weight == null ? filled(n) : weight;
    double[] p = posWeight == null ? filled(logits.columns()) : posWeight;
    double[] positive = new double[n];
    double[] negative = new double[n];
    for (int i = 0; i < n; i++) {
      positive[i] = w[i] * p[i % p.length] * targets[i];
      negative[i] = w[i] * (1 - targets[i]);
    }
    Variable minusLogSigmoid =
        Primitives.map(logits, x -> softplus(-x), x -> -ActivationFormula.sigmoid(-x));
    Variable minusLogOther =
        Primitives.map(logits, BceWithLogitsFormula::softplus, ActivationFormula::sigmoid);
    return Primitives.addScaled(
        Primitives.multiply(minusLogSigmoid, constant(logits, positive)),
        1,
        Primitives.multiply(minusLogOther, constant(logits, negative)));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static Variable constant(Variable like, double[] values) {
    return like.tape().constant(values, like.shape());
  }

  private static double[] filled(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
