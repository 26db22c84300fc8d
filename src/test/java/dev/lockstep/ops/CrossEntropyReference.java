package dev.lockstep.ops;

import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cross-entropy of softmax by textbook loops. */
final class CrossEntropyReference {
  private final double[] losses;
  private final double[] lse;
  private final double[] entropies;
  private final double[] predictions;
  private final double[] dLogits;
  private final double[] targetWeights;

  /**
   * @param logits rows of {@code pitch}
   * @param weights one for each class, or null
   */
  CrossEntropyReference(
      double[] logits,
      int[] targets,
      int pitch,
      Options options,
      double @Nullable [] weights,
      double gradScale,
      double[] rowGrad) {
    int rows = targets.length;
    losses = new double[rows];
    lse = new double[rows];
    entropies = new double[rows];
    predictions = new double[rows];
    targetWeights = new double[rows];
    dLogits = new double[logits.length];
    int classes = options.classes() == Options.ALL_COLUMNS ? pitch : options.classes();
    double smoothing = options.labelSmoothing();
    double z = options.zLoss();
    for (int row = 0; row < rows; row++) {
      double[] y = Arrays.copyOfRange(logits, row * pitch, row * pitch + classes);
      double[] x = Arrays.stream(y).map(v -> capped(v, options.softCap())).toArray();
      double max = Arrays.stream(x).max().orElseThrow();
      double rowLse = max + Math.log(Naive.sum(classes, i -> Math.exp(x[i] - max)));
      lse[row] = rowLse;
      entropies[row] =
          Naive.sum(
              classes,
              i ->
                  x[i] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(x[i] - rowLse) * (rowLse - x[i]));
      predictions[row] = lowestOf(y);
      int target = targets[row];
      if (target == options.ignoreIndex()) {
        continue;
      }
      double targetWeight = weights == null ? 1 : weights[target];
      targetWeights[row] = targetWeight;
      double ofLse = 0;
      for (int i = 0; i < classes; i++) {
        double wanted = wanted(i, target, classes, smoothing, weights, targetWeight);
        ofLse += wanted;
        // 0 · ∞ is no loss.
        losses[row] += wanted == 0 ? 0 : wanted * (rowLse - x[i]);
      }
      losses[row] += z * rowLse * rowLse;
      for (int i = 0; i < classes; i++) {
        double wanted = wanted(i, target, classes, smoothing, weights, targetWeight);
        double probability = Math.exp(x[i] - rowLse);
        dLogits[row * pitch + i] =
            gradScale
                * rowGrad[row]
                * (probability * (ofLse + 2 * z * rowLse) - wanted)
                * slope(y[i], options.softCap());
      }
    }
  }

  /** What the loss has of −ln p of a class. */
  private static double wanted(
      int i,
      int target,
      int classes,
      double smoothing,
      double @Nullable [] weights,
      double targetWeight) {
    double everywhere = smoothing / classes * (weights == null ? 1 : weights[i]);
    return everywhere + (i == target ? (1 - smoothing) * targetWeight : 0);
  }

  private static double capped(double y, double cap) {
    return cap == Double.POSITIVE_INFINITY || y == Double.NEGATIVE_INFINITY
        ? y
        : cap * Math.tanh(y / cap);
  }

  private static double slope(double y, double cap) {
    double cosh = Math.cosh(y / cap);
    return cap == Double.POSITIVE_INFINITY ? 1 : 1 / (cosh * cosh);
  }

  private static int lowestOf(double[] y) {
    int lowest = -1;
    for (int i = 0; i < y.length; i++) {
      if (!Double.isNaN(y[i]) && (lowest < 0 || y[i] > y[lowest])) {
        lowest = i;
      }
    }
    return lowest;
  }

  double[] losses() {
    return losses;
  }

  double[] lse() {
    return lse;
  }

  double[] entropies() {
    return entropies;
  }

  double[] predictions() {
    return predictions;
  }

  double[] dLogits() {
    return dLogits;
  }

  /** Of each row, 0 where it is ignored. */
  double[] targetWeights() {
    return targetWeights;
  }
}
