package dev.lockstep.ops;

import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import java.util.Arrays;

/** Cross-entropy of softmax by textbook loops. */
final class CrossEntropyReference {
  private final double[] losses;
  private final double[] lse;
  private final double[] dLogits;

  CrossEntropyReference(
      double[] logits,
      int[] targets,
      int cols,
      Options options,
      double gradScale,
      double[] rowGrad) {
    losses = new double[targets.length];
    lse = new double[targets.length];
    dLogits = new double[logits.length];
    double smoothing = options.labelSmoothing();
    double z = options.zLoss();
    for (int row = 0; row < targets.length; row++) {
      double[] x = Samples.rows(logits, row, 1, cols);
      double max = Arrays.stream(x).max().orElseThrow();
      double rowLse = max + Math.log(Naive.sum(cols, i -> Math.exp(x[i] - max)));
      lse[row] = rowLse;
      int target = targets[row];
      if (target == options.ignoreIndex()) {
        continue;
      }
      double mean = Arrays.stream(x).sum() / cols;
      losses[row] =
          (1 - smoothing) * (rowLse - x[target])
              + smoothing * (rowLse - mean)
              + z * rowLse * rowLse;
      for (int i = 0; i < cols; i++) {
        double probability = Math.exp(x[i] - rowLse);
        double wanted = smoothing / cols + (i == target ? 1 - smoothing : 0);
        dLogits[row * cols + i] =
            gradScale * rowGrad[row] * (probability * (1 + 2 * z * rowLse) - wanted);
      }
    }
  }

  double[] losses() {
    return losses;
  }

  double[] lse() {
    return lse;
  }

  double[] dLogits() {
    return dLogits;
  }
}
