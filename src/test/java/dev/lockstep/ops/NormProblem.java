package dev.lockstep.ops;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One LayerNorm or RMSNorm, forward and backward, of given numbers in given types and rows at given
 * distances, with every option on unless told otherwise; and what it must give, by textbook loops
 * in double precision. Fields are set before the first run.
 */
final class NormProblem {
  /** What lies between rows that are read: in sums it would show. */
  private static final double POISON = Double.NaN;

  /** What lies between rows that are written, and must stay. */
  private static final double UNTOUCHED = -77;

  /** What accumulated gradients start at: their tolerance counts on it. */
  private static final double START = 0.5;

  final boolean layer;
  final int rows;
  final int cols;

  DType xType;
  DType residualType;
  DType sumType;
  DType yType;
  DType weightType;
  boolean residual = true;
  boolean weighted = true;
  boolean unitOffset;
  boolean accumulate = true;
  double eps = 1e-5;

  /** Elements from row to row of x, residual, sum, y and their gradients. */
  int pitch;

  /** dY is its first row, repeated. */
  boolean expanded;

  double[] x;
  double[] addend;
  double[] weight;
  double[] bias;
  double[] dY;
  double[] dSum;

  // What is expected.
  double[] s = {};
  double[] y = {};
  double[] mean = {};
  double[] rstd = {};
  double[] dX = {};
  double[] dWeight = {};
  double[] dBias = {};

  /** Largest |s| · rstd of a row: how much the rounding of s would show. */
  double condition = 1;

  /** The same in dWeight, where that is not the same. */
  double weightCondition;

  NormProblem(boolean layer, int rows, int cols, DType dtype) {
    this.layer = layer;
    this.rows = rows;
    this.cols = cols;
    types(dtype, dtype, dtype, dtype, dtype);
    pitch = cols;
    long count = (long) rows * cols;
    x = Samples.normal(1, count, DType.F16);
    addend = Samples.normal(2, count, DType.F16);
    weight = Samples.normal(3, cols, DType.F16);
    bias = Samples.normal(4, cols, DType.F16);
    dY = Samples.normal(5, count, DType.F16);
    dSum = Samples.normal(6, count, DType.F16);
  }

  NormProblem types(DType x, DType residual, DType sum, DType y, DType weight) {
    xType = x;
    residualType = residual;
    sumType = sum;
    yType = y;
    weightType = weight;
    return this;
  }

  /** Only x, weight and bias. */
  NormProblem plain() {
    residual = false;
    sumType = xType;
    return this;
  }

  // What forward kept for backward.
  private @Nullable Tensor keptMean;
  private @Nullable Tensor keptRstd;
  private @Nullable Tensor weightTensor;

  /** Rounds the inputs to their types and works out what they give. */
  NormProblem solve() {
    x = Samples.rounded(xType, x);
    addend = Samples.rounded(residualType, addend);
    weight = Samples.rounded(weightType, weight);
    bias = Samples.rounded(weightType, bias);
    dY = Samples.rounded(yType, dY);
    dSum = Samples.rounded(sumType, dSum);
    if (expanded) {
      Arrays.setAll(dY, i -> dY[i % cols]);
    }
    s = residual ? Samples.rounded(sumType, Naive.plus(x, addend)) : x;
    y = new double[s.length];
    dX = new double[s.length];
    mean = new double[rows];
    rstd = new double[rows];
    dWeight = new double[cols];
    dBias = new double[cols];
    for (int row = 0; row < rows; row++) {
      solveRow(row);
    }
    return this;
  }

  private void solveRow(int row) {
    int from = row * cols;
    double center = layer ? Naive.sum(cols, i -> s[from + i]) / cols : 0;
    double squares = Naive.sum(cols, i -> (s[from + i] - center) * (s[from + i] - center));
    double scale = 1 / Math.sqrt(squares / cols + eps);
    mean[row] = center;
    rstd[row] = scale;
    double meanG = layer ? Naive.sum(cols, i -> dY[from + i] * weight(i)) / cols : 0;
    double slope =
        Naive.sum(cols, i -> dY[from + i] * weight(i) * (s[from + i] - center) * scale) / cols;
    for (int i = 0; i < cols; i++) {
      int at = from + i;
      double xhat = (s[at] - center) * scale;
      y[at] = xhat * weight(i) + (layer && weighted ? bias[i] : 0);
      dX[at] = scale * (dY[at] * weight(i) - meanG - xhat * slope) + (residual ? dSum[at] : 0);
      dWeight[i] += dY[at] * xhat;
      dBias[i] += dY[at];
      condition = Math.max(condition, Math.abs(s[at]) * scale);
    }
  }

  private double weight(int column) {
    return weighted ? weight[column] + (unitOffset ? 1 : 0) : 1;
  }

  /** Forward, then backward of what forward kept. */
  void run(OpBench ops, GuardedMemory memory) {
    Rows sum = residual ? output(memory, "sum", sumType) : null;
    Rows in = input(memory, xType, x);
    forward(ops, memory, in, output(memory, "y", yType), input(memory, residualType, addend), sum);
    Rows upstream =
        expanded
            ? Rows.repeated(memory.input(yType, Arrays.copyOf(dY, cols), cols), rows)
            : input(memory, yType, dY);
    Rows more = residual ? input(memory, sumType, dSum) : null;
    backward(ops, memory, output(memory, "dX", xType), upstream, more, sum == null ? in : sum);
  }

  void forward(
      OpBench ops, GuardedMemory memory, Rows in, Rows out, Rows added, @Nullable Rows sum) {
    weightTensor = weighted ? memory.input(weightType, weight, cols) : null;
    keptMean = layer ? memory.output("mean", DType.F32, rows) : null;
    keptRstd = memory.output("rstd", DType.F32, rows);
    NormForward call =
        NormForward.of(out, in, (float) eps).weight(weightTensor).statistics(keptMean, keptRstd);
    if (residual) {
      call = call.residual(added, sum);
    }
    if (weighted && unitOffset) {
      call = call.unitOffset();
    }
    if (layer) {
      ops.layerNorm.forward(
          ops.stream, weighted ? call.bias(memory.input(weightType, bias, cols)) : call);
    } else {
      ops.rmsNorm.forward(ops.stream, call);
    }
  }

  void backward(
      OpBench ops, GuardedMemory memory, Rows dIn, Rows upstream, @Nullable Rows more, Rows in) {
    NormBackward call =
        NormBackward.of(dIn, upstream, in, Objects.requireNonNull(keptRstd)).dSum(more);
    call = call.weight(weightTensor);
    if (weighted && unitOffset) {
      call = call.unitOffset();
    }
    Shape shape = Shape.of(rows, cols);
    Shape workspace = layer ? LayerNorm.workspaceShape(shape) : RmsNorm.workspaceShape(shape);
    double[] start = new double[cols];
    Arrays.fill(start, accumulate ? START : Double.NaN);
    call =
        call.gradients(
            memory.updated("dWeight", DType.F32, start, cols),
            layer ? memory.updated("dBias", DType.F32, start, cols) : null,
            memory.output("workspace", DType.F32, workspace.extents()));
    call = accumulate ? call : call.overwriting();
    if (layer) {
      ops.layerNorm.backward(ops.stream, call.mean(Objects.requireNonNull(keptMean)));
    } else {
      ops.rmsNorm.backward(ops.stream, call);
    }
  }

  /** The rows at their distance, with NaN between them. */
  Rows input(GuardedMemory memory, DType dtype, double[] values) {
    double[] spread = spread(values, POISON);
    return Rows.within(memory.input(dtype, spread, spread.length), rows, cols, pitch);
  }

  Rows output(GuardedMemory memory, String name, DType dtype) {
    double[] spread = spread(new double[rows * cols], UNTOUCHED);
    return Rows.within(memory.updated(name, dtype, spread, spread.length), rows, cols, pitch);
  }

  private double[] spread(double[] values, double between) {
    double[] spread = new double[(rows - 1) * pitch + cols];
    Arrays.fill(spread, between);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * cols, spread, row * pitch, cols);
    }
    return spread;
  }

  /** Holds what a run wrote against what was expected, and gaps against what they were. */
  void check(Map<String, GuardedMemory.Output> outputs) {
    double largestS = Samples.largest(s);
    double largestG =
        Samples.largest(dY) * (weighted ? Samples.largest(weight) + (unitOffset ? 1 : 0) : 1);
    double largestRstd = Samples.largest(rstd);
    if (residual) {
      compare(outputs, "sum", spread(s, UNTOUCHED), 0);
    }
    double outSize = condition * largestG / Math.max(1e-300, Samples.largest(dY));
    compare(
        outputs,
        "y",
        spread(y, UNTOUCHED),
        Tolerances.NORMALIZED.of(yType, cols, Samples.largest(y), outSize));
    if (layer) {
      compare(outputs, "mean", mean, Tolerances.STATISTIC.of(DType.F32, cols, 0, largestS));
    }
    compare(
        outputs,
        "rstd",
        rstd,
        Tolerances.STATISTIC.of(
            DType.F32, cols, largestRstd, largestRstd * (1 + condition * condition * 0x1p-24)));
    double gradientSize =
        largestRstd * largestG * (2 + condition * Math.max(1, condition))
            + (residual ? Samples.largest(dSum) : 0);
    compare(
        outputs,
        "dX",
        spread(dX, UNTOUCHED),
        Tolerances.NORM_GRADIENT.of(xType, cols, Samples.largest(dX), gradientSize));
    compareSums(
        outputs,
        "dWeight",
        dWeight,
        Tolerances.NORM_WEIGHT_GRADIENT,
        Math.max(condition, weightCondition));
    if (layer) {
      compareSums(outputs, "dBias", dBias, Tolerances.ROW_SUM, 1);
    }
  }

  private void compareSums(
      Map<String, GuardedMemory.Output> outputs,
      String name,
      double[] sums,
      Tolerances tolerance,
      double factor) {
    double start = accumulate ? START : 0;
    compare(
        outputs,
        name,
        Arrays.stream(sums).map(sum -> sum + start).toArray(),
        tolerance.ofAccumulated(
            DType.F32, rows, Samples.largest(sums), Samples.largest(dY) * factor));
  }

  static void compare(
      Map<String, GuardedMemory.Output> outputs, String name, double[] want, double tolerance) {
    double[] got = OpTests.output(outputs, name).values();
    for (int i = 0; i < want.length; i++) {
      boolean close =
          Double.isFinite(want[i])
              ? Math.abs(got[i] - want[i]) <= tolerance
              : Double.compare(got[i], want[i]) == 0;
      if (!close) {
        throw new AssertionError(
            "%s[%d] is %s, expected %s within %s (off by %s)"
                .formatted(name, i, got[i], want[i], tolerance, got[i] - want[i]));
      }
    }
  }

  @Override
  public String toString() {
    return "%s %d x %d, x %s, residual %s, sum %s, y %s, weight %s, pitch %d"
        .formatted(
            layer ? "layernorm" : "rmsnorm",
            rows,
            cols,
            xType.suffix(),
            residual ? residualType.suffix() : "none",
            sumType.suffix(),
            yType.suffix(),
            weighted ? weightType.suffix() : "none",
            pitch);
  }
}
