package dev.lockstep.reference;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Softmax cross-entropy against integer targets; weights and smoothing as PyTorch defines them (<a
 * href="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html">
 * CrossEntropyLoss</a>).
 *
 * @param ignoreIndex rows with this target add nothing, to the loss or to the mean's count
 * @param labelSmoothing the share ε of each target spread evenly over all classes
 * @param zLoss factor of {@code lse²}, added to each row's loss
 * @param softCap c: logits become {@code c tanh(x / c)} first, but for −∞; infinity for no cap
 * @param classes how many columns, from the first, are classes; 0 for all
 */
public record CrossEntropyFormula(
    Reduction reduction,
    int ignoreIndex,
    double labelSmoothing,
    double zLoss,
    double softCap,
    int classes) {
  /** How the losses of rows become one. */
  public enum Reduction {
    /** One loss per row, 0 where ignored. */
    NONE,
    /** Over the rows not ignored, by the sum of their weights; NaN when there are none. */
    MEAN,
    SUM
  }

  /** No cap, and every column a class. */
  public CrossEntropyFormula(
      Reduction reduction, int ignoreIndex, double labelSmoothing, double zLoss) {
    this(reduction, ignoreIndex, labelSmoothing, zLoss, Double.POSITIVE_INFINITY, 0);
  }

  /** The mean over rows, nothing ignored but −100, no smoothing, no z-loss. */
  public static CrossEntropyFormula mean() {
    return new CrossEntropyFormula(Reduction.MEAN, -100, 0, 0);
  }

  /** The loss of {@link #loss(Variable, int[], double[])} with all weights 1. */
  public Loss loss(Variable logits, int[] targets) {
    return loss(logits, targets, null);
  }

  /**
   * The loss of logits {@code [rows, columns]}: {@code Σⱼ qⱼ (lse − x[j]) + z lse²}, where q is
   * {@code ε w / classes}, and {@code (1−ε) w} more at the target.
   *
   * @param weights w, one for each class
   * @throws IllegalArgumentException for a target that is neither a class nor ignored
   */
  public Loss loss(Variable logits, int[] targets, double @Nullable [] weights) {
    Variable x = capped(classes == 0 ? logits : firstColumns(logits, classes));
    int columns = x.columns();
    int[] counted =
        IntStream.range(0, targets.length).filter(r -> targets[r] != ignoreIndex).toArray();
    for (int row : counted) {
      if (targets[row] < 0 || targets[row] >= columns) {
        throw new IllegalArgumentException(
            "target %d of row %d is not one of %d classes".formatted(targets[row], row, columns));
      }
    }
    double[] w = weights == null ? ones(columns) : weights;
    double[] ofTargets = Arrays.stream(counted).mapToDouble(r -> w[targets[r]]).toArray();
    Variable lse = Primitives.logSumExp(x);
    Variable perRow = perCountedRow(x, targets, counted, lse, w, ofTargets);
    double total = Arrays.stream(ofTargets).sum();
    return new Loss(reduce(perRow, counted, total, targets.length), lse, x);
  }

  private Variable capped(Variable x) {
    if (softCap == Double.POSITIVE_INFINITY) {
      return x;
    }
    return Primitives.map(
        x,
        v -> v == Double.NEGATIVE_INFINITY ? v : softCap * Math.tanh(v / softCap),
        v -> Math.pow(Math.cosh(v / softCap), -2));
  }

  private static Variable firstColumns(Variable x, int count) {
    int rows = x.count() / x.columns();
    int[] index =
        IntStream.range(0, rows * count).map(o -> o / count * x.columns() + o % count).toArray();
    return Primitives.gather(x, index, rows, count);
  }

  private Variable perCountedRow(
      Variable x, int[] targets, int[] counted, Variable lse, double[] w, double[] ofTargets) {
    int columns = x.columns();
    Variable lseCounted = Primitives.gather(lse, counted, counted.length);
    int[] at = Arrays.stream(counted).map(r -> r * columns + targets[r]).toArray();
    Variable atTarget = Primitives.gather(x, at, counted.length);
    double everywhere = labelSmoothing / columns * Arrays.stream(w).sum();
    double[] ofLse =
        Arrays.stream(ofTargets).map(t -> (1 - labelSmoothing) * t + everywhere).toArray();
    Variable loss =
        Primitives.addScaled(
            times(lseCounted, ofLse), -(1 - labelSmoothing), times(atTarget, ofTargets));
    if (labelSmoothing != 0) {
      double[] ofRows = new double[x.count()];
      Arrays.setAll(ofRows, i -> w[i % columns]);
      Variable rowSums = Primitives.sumRows(times(x, ofRows));
      Variable sums = Primitives.gather(rowSums, counted, counted.length);
      loss = Primitives.addScaled(loss, -labelSmoothing / columns, sums);
    }
    if (zLoss != 0) {
      loss = Primitives.addScaled(loss, zLoss, Primitives.multiply(lseCounted, lseCounted));
    }
    return loss;
  }

  /** Each element times a constant. */
  private static Variable times(Variable x, double[] factors) {
    return Primitives.multiply(x, x.tape().constant(factors, x.shape()));
  }

  private static double[] ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private Variable reduce(Variable perRow, int[] counted, double weight, int rows) {
    if (reduction == Reduction.NONE) {
      return scatter(perRow, counted, rows);
    }
    Variable sum = Primitives.sum(perRow);
    return reduction == Reduction.SUM
        ? sum
        : Primitives.map(sum, s -> s / weight, s -> 1.0 / weight);
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
   * @param logits of the classes, capped
   */
  public record Loss(Variable loss, Variable lse, Variable logits) {
    /** {@code −Σ p ln p} of each row. */
    public double[] entropies() {
      int columns = logits.columns();
      double[] entropies = new double[lse.count()];
      for (int i = 0; i < logits.count(); i++) {
        double surprise = lse.values()[i / columns] - logits.values()[i];
        double probability = Math.exp(-surprise);
        entropies[i / columns] += probability == 0 ? 0 : probability * surprise;
      }
      return entropies;
    }
  }
}
