package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;

/**
 * The fused linear layer on whole numbers, where fp32 sums are exact: every element must be the
 * true one, rounded once.
 */
abstract class LinearTests extends OpTests {
  /**
   * Rows, outputs, depth: the smallest; one short of, exactly, and one past the 64 × 64 tile;
   * depths without any vector, with 16-byte vectors but ragged, and longer than a pipeline of
   * tiles; outputs that fill a stage of a sum whose width is cut, where copies end with the matrix.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {1, 65, 63},
    {63, 16, 65},
    {64, 64, 64},
    {65, 40, 72},
    {129, 63, 1},
    {3, 130, 515},
    {5, 64, 72}
  };

  /**
   * For the tiles of 128 × 128, and the ways their loop can go: whole tiles and a ring of stages
   * that turns twice; one row and cut columns; an odd width, whose rows are not aligned, and a
   * depth that ends within a stage; an odd depth, whose rows are not either, so that it never
   * turns; whole stages of which a cut width leaves the last ones for checked copies, and warps
   * that finish whole parts of a tile beside others that do not.
   */
  private static final int[][] LARGE = {
    {128, 512, 256}, {1, 520, 264}, {130, 513, 328}, {129, 520, 257}, {72, 520, 256}
  };

  private static final float SLOPE = 0.25f;

  @Override
  Stream<OpCase> cases() {
    Stream<OpCase> large =
        Stream.concat(
            Arrays.stream(LARGE).flatMap(shape -> large(DType.BF16, shape)),
            large(DType.F16, LARGE[2]));
    return Stream.concat(small(), large);
  }

  private static Stream<OpCase> small() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        shape ->
                            Stream.of(
                                plain(dtype, shape[0], shape[1], shape[2]),
                                fused(dtype, shape[0], shape[1], shape[2]),
                                leaky(dtype, shape[0], shape[1], shape[2]),
                                backwardInput(dtype, shape[0], shape[1], shape[2]),
                                backwardInputOfTwo(dtype, shape[0], shape[1], shape[2]),
                                backwardActivation(dtype, shape[0], shape[1], shape[2]),
                                backwardParameters(dtype, shape[0], shape[1], shape[2]))));
  }

  /** The width of the result and the depth of the sum are those of the shape in all passes. */
  private static Stream<OpCase> large(DType dtype, int[] shape) {
    int rows = shape[0];
    int width = shape[1];
    int depth = shape[2];
    return Stream.of(
        plain(dtype, rows, width, depth),
        fused(dtype, rows, width, depth),
        backwardInput(dtype, rows, depth, width),
        backwardInputOfTwo(dtype, rows, depth, width),
        backwardActivation(dtype, rows, depth, width),
        backwardParameters(dtype, depth, 512 + rows % 2, width));
  }

  @Override
  Stream<RowCase> rowCases() {
    Stream<RowCase> small =
        TYPES.stream().flatMap(dtype -> Stream.of(rows(dtype, 67, 65), rows(dtype, 130, 64)));
    return Stream.concat(small, Stream.of(rows(DType.BF16, 130, 520)));
  }

  private static OpCase plain(DType dtype, int m, int n, int k) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("forward", dtype, m, n, k),
            (ops, memory) ->
                ops.linear.forward(
                    ops.stream,
                    memory.output("out", dtype, m, n),
                    null,
                    memory.input(dtype, x, m, k),
                    memory.input(dtype, weight, n, k),
                    null,
                    null,
                    Activation.NONE))
        .exactly("out", Samples.rounded(dtype, Naive.timesTransposed(x, weight, m, n, k)));
  }

  private static OpCase fused(DType dtype, int m, int n, int k) {
    double[] residual = Samples.integers(4, (long) m * n, 40);
    return epilogue(
        "bias, relu, residual", dtype, m, n, k, Activation.RELU, residual, z -> Math.max(z, 0));
  }

  private static OpCase leaky(DType dtype, int m, int n, int k) {
    double[] none = new double[m * n];
    return epilogue(
        "bias, leaky relu",
        dtype,
        m,
        n,
        k,
        Activation.LEAKY_RELU,
        none,
        z -> z < 0 ? z * SLOPE : z);
  }

  private static OpCase epilogue(
      String what,
      DType dtype,
      int m,
      int n,
      int k,
      Activation activation,
      double[] residual,
      DoubleUnaryOperator function) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] bias = Samples.integers(3, n, 9);
    double[] z =
        Samples.rounded(dtype, Naive.plusRow(Naive.timesTransposed(x, weight, m, n, k), bias));
    double[] activated = Arrays.stream(z).map(function).toArray();
    return new OpCase(
            name(what, dtype, m, n, k),
            (ops, memory) ->
                ops.linear.forward(
                    ops.stream,
                    memory.output("out", dtype, m, n),
                    memory.output("pre", dtype, m, n),
                    memory.input(dtype, x, m, k),
                    memory.input(dtype, weight, n, k),
                    memory.input(dtype, bias, n),
                    memory.input(dtype, residual, m, n),
                    activation,
                    SLOPE))
        .exactly("pre", z)
        .exactly("out", Samples.rounded(dtype, Naive.plus(activated, residual)));
  }

  private static OpCase backwardInput(DType dtype, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("input gradient", dtype, m, n, k),
            (ops, memory) ->
                ops.linear.backwardInput(
                    ops.stream,
                    memory.output("dX", dtype, m, k),
                    memory.input(dtype, dY, m, n),
                    memory.input(dtype, weight, n, k)))
        .exactly("dX", Samples.rounded(dtype, Naive.times(dY, weight, m, n, k)));
  }

  private static OpCase backwardInputOfTwo(DType dtype, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] dY2 = Samples.integers(3, (long) m * n, 3);
    double[] weight2 = Samples.integers(4, (long) n * k, 3);
    double[] both =
        Naive.plus(Naive.times(dY, weight, m, n, k), Naive.times(dY2, weight2, m, n, k));
    return new OpCase(
            name("input gradient of two layers", dtype, m, n, k),
            (ops, memory) ->
                ops.linear.backwardInput(
                    ops.stream,
                    memory.output("dX", dtype, m, k),
                    memory.input(dtype, dY, m, n),
                    memory.input(dtype, weight, n, k),
                    memory.input(dtype, dY2, m, n),
                    memory.input(dtype, weight2, n, k)))
        .exactly("dX", Samples.rounded(dtype, both));
  }

  /** A power of two as slope, so that the product with it is exact, too. */
  private static OpCase backwardActivation(DType dtype, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] below = Samples.integers(3, (long) m * k, 2);
    double[] gradient = Samples.rounded(dtype, Naive.times(dY, weight, m, n, k));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= below[i] > 0 ? 1 : SLOPE;
    }
    return new OpCase(
            name("input gradient before an activation", dtype, m, n, k),
            (ops, memory) ->
                ops.linear.backwardInput(
                    ops.stream,
                    memory.output("dX", dtype, m, k),
                    memory.input(dtype, dY, m, n),
                    memory.input(dtype, weight, n, k),
                    memory.input(dtype, below, m, k),
                    Activation.LEAKY_RELU,
                    SLOPE))
        .exactly("dX", Samples.rounded(dtype, gradient));
  }

  private static OpCase backwardParameters(DType dtype, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] x = Samples.integers(2, (long) m * k, 3);
    double[] weightBefore = Samples.integers(3, (long) n * k, 100);
    double[] biasBefore = Samples.integers(4, n, 100);
    return new OpCase(
            name("weight and bias gradients", dtype, m, n, k),
            (ops, memory) -> {
              var gradient = memory.input(dtype, dY, m, n);
              ops.linear.backwardWeight(
                  ops.stream,
                  memory.updated("dWeight", DType.F32, weightBefore, n, k),
                  gradient,
                  memory.input(dtype, x, m, k));
              ops.linear.backwardBias(
                  ops.stream, memory.updated("dBias", DType.F32, biasBefore, n), gradient);
            })
        .exactly("dWeight", Naive.plus(weightBefore, Naive.transposedTimes(dY, x, m, n, k)))
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(dY, m, n)));
  }

  /** Real numbers, whose sums depend on their order. */
  private static RowCase rows(DType dtype, int m, int width) {
    double[] x = Samples.normal(1, (long) m * width, dtype);
    double[] weight = Samples.normal(2, (long) width * width, dtype);
    return new RowCase(
        "%s, rows of %d".formatted(dtype.suffix(), width),
        m,
        (ops, memory, from, count) -> {
          var some = memory.input(dtype, Samples.rows(x, from, count, width), count, width);
          var w = memory.input(dtype, weight, width, width);
          var out = memory.output("out", dtype, count, width);
          ops.linear.forward(ops.stream, out, null, some, w, null, null, Activation.GELU_TANH);
          ops.linear.backwardInput(ops.stream, memory.output("dX", dtype, count, width), some, w);
        });
  }

  private static String name(String what, DType dtype, int m, int n, int k) {
    return "%s %s, %d x %d, depth %d".formatted(what, dtype.suffix(), m, n, k);
  }
}
