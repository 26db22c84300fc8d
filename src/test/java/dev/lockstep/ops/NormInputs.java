package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Inputs of one normalisation. All numbers are multiples of 1/64 up to 4 plus {@code center}, which
 * every type stores and whose sums fp32 holds exactly: the residual sum is rounded once.
 */
record NormInputs(
    DType dtype, int rows, int cols, boolean weighted, boolean residual, double center) {
  /** What {@link #accumulator} starts at: tolerances of accumulated sums count on it. */
  private static final double START = 0.5;

  /**
   * One element; less than a vector; odd; a warp's worth and one more; more columns than the
   * largest block takes at four per thread; more rows than one block of the backward pass.
   */
  private static final int[][] SHAPES = {
    {1, 1}, {3, 7}, {5, 33}, {2, 128}, {9, 129}, {2, 2051}, {70, 64}
  };

  static Stream<NormInputs> all() {
    Stream<NormInputs> regular =
        OpTests.TYPES.stream()
            .flatMap(
                dtype ->
                    Arrays.stream(SHAPES)
                        .flatMap(
                            shape ->
                                Stream.of(
                                    new NormInputs(dtype, shape[0], shape[1], true, true, 0),
                                    new NormInputs(dtype, shape[0], shape[1], false, false, 0))));
    // Where the mean is far larger than the spread, E[x²] − E[x]² would lose every digit.
    return Stream.concat(regular, Stream.of(new NormInputs(DType.F32, 4, 513, true, false, 1000)));
  }

  double[] x() {
    return Arrays.stream(sixtyFourths(1, rows * cols)).map(v -> v + center).toArray();
  }

  double[] addend() {
    return sixtyFourths(2, rows * cols);
  }

  /** What is normalised. */
  double[] sum() {
    return residual ? Samples.rounded(dtype, Naive.plus(x(), addend())) : x();
  }

  double[] weight() {
    return sixtyFourths(3, cols);
  }

  double[] bias() {
    return sixtyFourths(4, cols);
  }

  double[] dY() {
    return sixtyFourths(5, rows * cols);
  }

  double[] dSum() {
    return sixtyFourths(6, rows * cols);
  }

  /** What accumulated gradients start at. */
  double[] start() {
    double[] start = new double[cols];
    Arrays.fill(start, START);
    return start;
  }

  Tensor matrix(GuardedMemory memory, double[] values) {
    return memory.input(dtype, values, rows, cols);
  }

  /** The call that normalises these inputs, but for its bias and its statistics. */
  NormForward forward(GuardedMemory memory, Tensor y, float eps) {
    NormForward call = NormForward.of(y, matrix(memory, x()), eps);
    if (residual) {
      call = call.residual(matrix(memory, addend()), memory.output("sum", dtype, rows, cols));
    }
    return call.weight(weighted ? memory.input(dtype, weight(), cols) : null);
  }

  /** The call for the gradients, but for LayerNorm's mean and those of the weights. */
  NormBackward backward(GuardedMemory memory, double[] rstd) {
    return NormBackward.of(
            memory.output("dX", dtype, rows, cols),
            matrix(memory, dY()),
            matrix(memory, sum()),
            memory.input(DType.F32, Samples.rounded(DType.F32, rstd), rows))
        .dSum(residual ? matrix(memory, dSum()) : null)
        .weight(weighted ? memory.input(dtype, weight(), cols) : null);
  }

  Tensor accumulator(GuardedMemory memory, String name) {
    return memory.updated(name, DType.F32, start(), cols);
  }

  private static double[] sixtyFourths(long seed, int count) {
    return Arrays.stream(Samples.integers(seed, count, 256)).map(v -> v / 64).toArray();
  }

  @Override
  public String toString() {
    return "%s %d x %d%s%s%s"
        .formatted(
            dtype.suffix(),
            rows,
            cols,
            weighted ? ", weighted" : "",
            residual ? ", residual" : "",
            center == 0 ? "" : ", around " + center);
  }
}
