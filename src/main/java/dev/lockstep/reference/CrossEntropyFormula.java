package dev.lockstep.reference;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Softmax cross-entropy against integer targets.
 *
 * @param ignoreIndex rows with this target add nothing, to the loss or to the mean's count
 * @param labelSmoothing the share ε of each target spread evenly over all classes
 * @param zLoss factor of {@code lse²}, added to each row's loss
 */
public record CrossEntropyFormula(
    Reduction reduction, int ignoreIndex, double labelSmoothing, double zLoss) {
  /** How the losses of rows become one. */
  public enum Reduction {
    /** One loss per row, 0 where ignored. */
    NONE,
    /** Over the rows not ignored; NaN when there are none. */
    MEAN,
    SUM
  }

  /** The mean over rows, nothing ignored but −100, no smoothing, no z-loss. */
  public static CrossEntropyFormula mean() {
    return new CrossEntropyFormula(Reduction.MEAN, -100, 0, 0);
  }

  /**
   * The loss of logits {@code [rows, classes]}: {@code lse − (1−ε) x[target] − ε mean(x) + z lse²}.
   *
   * @throws IllegalArgumentException for a target that is neither a class nor ignored
   */
  public Loss loss(Variable logits, int[] targets) {
    int classes = logits.columns();
    int[] counted =
        IntStream.range(0, targets.length).filter(r -> targets[r] != ignoreIndex).toArray();
    for (int row : counted) {
      if (targets[row] < 0 || targets[row] >= classes) {
        throw new IllegalArgumentException(
            "target %d of row %d is not one of %d classes".formatted(targets[row], row, classes));
      }
    }
    Variable lse = Primitives.logSumExp(logits);
    Variable perRow = perCountedRow(logits, targets, counted, lse);
    return new Loss(reduce(perRow, counted, targets.length), lse);
  }

  private Variable perCountedRow(Variable logits, int[] targets, int[] counted, Variable lse) {
    int classes = logits.columns();
    Variable lseCounted = Primitives.gather(lse, counted, counted.length);
    int[] ofTarget = Arrays.stream(counted).map(r -> r * classes + targets[r]).toArray();
    Variable atTarget = Primitives.gather(logits, ofTarget, counted.length);
    Variable loss = Primitives.addScaled(lseCounted, -(1 - labelSmoothing), atTarget);
    if (labelSmoothing != 0) {
      Variable rowSums = Primitives.gather(Primitives.sumRows(logits), counted, counted.length);
      loss = Primitives.addScaled(loss, -labelSmoothing / classes, rowSums);
    }
    if (zLoss != 0) {
      loss = Primitives.addScaled(loss, zLoss, Primitives.multiply(lseCounted, lseCounted));
    }
    return loss;
  }

  private Variable reduce(Variable perRow, int[] counted, int rows) {
    if (reduction == Reduction.NONE) {
      return scatter(perRow, counted, rows);
    }
    // One row of all losses: its sum is the sum over rows.
    Variable sum = Primitives.sumRows(Views.reshape(perRow, 1, perRow.count()));
    return reduction == Reduction.SUM
        ? sum
        : Primitives.map(sum, s -> s / counted.length, s -> 1.0 / counted.length);
  }

  /** Back to one value for every row, 0 for those left out. */
  private static Variable scatter(Variable perRow, int[] counted, int rows) {
    double[] values = new double[rows];
    for (int i = 0; i < counted.length; i++) {
      values[counted[i]] = perRow.values()[i];
    }
    return perRow
        .tape()
        .record(
            values,
            new int[] {rows},
            j -> {
              for (int i = 0; i < counted.length; i++) {
                j.entry(counted[i], 0, i, 1);
              }
            },
            perRow);
  }

  /**
   * A loss and what it was made of.
   *
   * @param loss {@code [1]}, or {@code [rows]} when nothing is reduced
   * @param lse {@code log Σ exp} of each row
   */
  public record Loss(Variable loss, Variable lse) {}
}
