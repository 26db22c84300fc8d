package dev.lockstep.grill.toy;

import dev.lockstep.reference.Variable;

/** How often the largest logit is that of the right class. */
public final class Accuracy {
  private Accuracy() {}

  /** The share of rows of {@code [rows, classes]} whose first largest element is the target's. */
  public static double of(Variable logits, int[] targets) {
    int columns = logits.columns();
    double[] values = logits.values();
    int right = 0;
    for (int row = 0; row < targets.length; row++) {
      int best = 0;
      for (int c = 1; c < columns; c++) {
        if (values[row * columns + c] > values[row * columns + best]) {
          best = c;
        }
      }
      right += best == targets[row] ? 1 : 0;
    }
    return right / (double) targets.length;
  }
}
