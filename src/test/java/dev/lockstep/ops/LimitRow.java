package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.List;

/**
 * A row with few numbers of interest, and what its loss is.
 *
 * @param elsewhere the logit of all columns that have no other
 * @param logits of the first columns
 * @param loss of the logits as they are, in no storage type
 */
record LimitRow(double elsewhere, double[] logits, int target, double loss) {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  /** Rows of three columns or more; with −∞ elsewhere their loss does not depend on how many. */
  static final List<LimitRow> ALL =
      List.of(
          of(-INF, 1, 0, -INF, 2, -INF), // all mass on the target
          of(-INF, 1, INF, -INF, -INF, 2), // none on it
          of(-INF, 1, NAN, -INF, -INF, -INF), // no distribution
          of(0, 1, NAN, NAN, 0, 0),
          of(0, 1, NAN, INF, 0, 0),
          of(-INF, 0, 200, 0, 200, 0), // e^-200 is no float, the loss is 200 all the same
          of(-INF, 2, Math.log(3), 1000, 1000, 1000),
          of(-INF, 1, 0, 0, 1e4, 0),
          of(-INF, 0, 1e4, 0, 1e4, 0),
          of(-INF, 0, 0, 65_504, -65_504, 0),
          of(-INF, 1, 131_008, 65_504, -65_504, 0),
          of(-INF, 1, Math.log(2), -65_504, -65_504, -INF));

  private static LimitRow of(double elsewhere, int target, double loss, double... logits) {
    return new LimitRow(elsewhere, logits, target, loss);
  }

  /** The row in so many columns. */
  double[] in(int cols) {
    double[] row = new double[cols];
    Arrays.fill(row, elsewhere);
    System.arraycopy(logits, 0, row, 0, logits.length);
    return row;
  }

  /** The loss once the logits are stored; bf16 has no 65,504 and no 1e4. */
  double loss(DType dtype) {
    if (loss < 200 || loss == INF || Double.isNaN(loss)) {
      return loss;
    }
    double[] stored = Samples.rounded(dtype, logits);
    double largest = Arrays.stream(stored).filter(Double::isFinite).max().orElse(0);
    return largest - stored[target];
  }

  /** Softmax less one at the target, of a row whose loss is a number. */
  double[] gradient(int cols) {
    double[] x = in(cols);
    double most = Arrays.stream(x).max().orElseThrow();
    double sum = Arrays.stream(x).map(v -> Math.exp(v - most)).sum();
    double[] gradient = Arrays.stream(x).map(v -> Math.exp(v - most) / sum).toArray();
    gradient[target] -= 1;
    return gradient;
  }
}
