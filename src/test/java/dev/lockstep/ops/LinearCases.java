package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the fused linear layer on whole numbers, and what they must give.
 *
 * @param tile null where the shape chooses it
 */
record LinearCases(DType dtype, @Nullable GemmTile tile) {
  private static final float SLOPE = 0.25f;

  /** Every pass, of m rows that go in k wide and come out n wide. */
  Stream<OpCase> passes(int m, int n, int k) {
    return Stream.of(
        plain(m, n, k),
        fused(m, n, k),
        leaky(m, n, k),
        backwardInput(m, n, k),
        backwardInputOfTwo(m, n, k),
        scaled(m, n, k),
        backwardActivation(m, n, k),
        backwardBias(m, n, k),
        scaledBackward(m, n, k),
        backwardParameters(m, n, k));
  }

  /** The same where the width of the result and the depth of the sum decide the path. */
  Stream<OpCase> passesOfResult(int rows, int width, int depth) {
    return Stream.of(
        plain(rows, width, depth),
        fused(rows, width, depth),
        backwardInput(rows, depth, width),
        backwardInputOfTwo(rows, depth, width),
        scaled(rows, width, depth),
        backwardActivation(rows, depth, width),
        backwardBias(rows, depth, width),
        scaledBackward(rows, depth, width),
        backwardParameters(depth, Math.min(width, 512) + rows % 2, width));
  }

  OpCase plain(int m, int n, int k) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("forward", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .forward(
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

  OpCase fused(int m, int n, int k) {
    double[] residual = Samples.integers(4, (long) m * n, 40);
    return epilogue(
        "bias, relu, residual", m, n, k, Activation.RELU, residual, z -> Math.max(z, 0));
  }

  OpCase leaky(int m, int n, int k) {
    double[] none = new double[m * n];
    return epilogue(
        "bias, leaky relu", m, n, k, Activation.LEAKY_RELU, none, z -> z < 0 ? z * SLOPE : z);
  }

  private OpCase epilogue(
      String what,
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
            name(what, m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .forward(
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

  OpCase backwardInput(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("input gradient", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k)))
        .exactly("dX", Samples.rounded(dtype, Naive.times(dY, weight, m, n, k)));
  }

  OpCase backwardInputOfTwo(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] dY2 = Samples.integers(3, (long) m * n, 3);
    double[] weight2 = Samples.integers(4, (long) n * k, 3);
    double[] both =
        Naive.plus(Naive.times(dY, weight, m, n, k), Naive.times(dY2, weight2, m, n, k));
    return new OpCase(
            name("input gradient of two layers", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        memory.input(dtype, dY2, m, n),
                        memory.input(dtype, weight2, n, k)))
        .exactly("dX", Samples.rounded(dtype, both));
  }

  /** A power of two as slope, so that the product with it is exact, too. In place, with a bias. */
  OpCase backwardActivation(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] below = Samples.integers(3, (long) m * k, 2);
    double[] biasBefore = Samples.integers(4, k, 100);
    double[] gradient = Samples.rounded(dtype, Naive.times(dY, weight, m, n, k));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= below[i] > 0 ? 1 : SLOPE;
    }
    double[] rounded = Samples.rounded(dtype, gradient);
    return new OpCase(
            name("input gradient before an activation", m, n, k),
            (ops, memory) -> {
              var belowOrGradient = memory.updated("dX", dtype, below, m, k);
              ops.linearIn(tile)
                  .backwardInput(
                      ops.stream,
                      belowOrGradient,
                      memory.input(dtype, dY, m, n),
                      memory.input(dtype, weight, n, k),
                      belowOrGradient,
                      Activation.LEAKY_RELU,
                      SLOPE,
                      memory.biasGradient("dBias", dtype, biasBefore, m, n));
            })
        .exactly("dX", rounded)
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(rounded, m, k)));
  }

  /** No activation below, but a bias: sums of the product's columns are all that is fused. */
  OpCase backwardBias(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] biasBefore = Samples.integers(4, k, 100);
    double[] rounded = Samples.rounded(dtype, Naive.times(dY, weight, m, n, k));
    return new OpCase(
            name("input gradient and bias", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        null,
                        Activation.NONE,
                        0,
                        memory.biasGradient("dBias", dtype, biasBefore, m, n)))
        .exactly("dX", rounded)
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(rounded, m, k)));
  }

  /** A factor that is a power of two, and negative: it meets the product, but not the bias. */
  OpCase scaled(int m, int n, int k) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] bias = Samples.integers(3, n, 9);
    double[] halves =
        Arrays.stream(Naive.timesTransposed(x, weight, m, n, k)).map(v -> v * -0.5).toArray();
    return new OpCase(
            name("scaled, bias", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .forward(
                        ops.stream,
                        memory.output("out", dtype, m, n),
                        null,
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, weight, n, k),
                        memory.input(dtype, bias, n),
                        null,
                        Activation.NONE,
                        0,
                        memory.scalar(-0.5)))
        .exactly("out", Samples.rounded(dtype, Naive.plusRow(halves, bias)));
  }

  OpCase scaledBackward(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] quarters =
        Arrays.stream(Naive.times(dY, weight, m, n, k)).map(v -> v * 0.25).toArray();
    return new OpCase(
            name("scaled input gradient", m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        memory.scalar(0.25)))
        .exactly("dX", Samples.rounded(dtype, quarters));
  }

  OpCase backwardParameters(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] x = Samples.integers(2, (long) m * k, 3);
    double[] weightBefore = Samples.integers(3, (long) n * k, 100);
    double[] biasBefore = Samples.integers(4, n, 100);
    return new OpCase(
            name("weight and bias gradients", m, n, k),
            (ops, memory) -> {
              var gradient = memory.input(dtype, dY, m, n);
              ops.linearIn(tile)
                  .backwardWeight(
                      ops.stream,
                      memory.updated("dWeight", DType.F32, weightBefore, n, k),
                      gradient,
                      memory.input(dtype, x, m, k));
              ops.linearIn(tile)
                  .backwardBias(
                      ops.stream, memory.updated("dBias", DType.F32, biasBefore, n), gradient);
            })
        .exactly("dWeight", Naive.plus(weightBefore, Naive.transposedTimes(dY, x, m, n, k)))
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(dY, m, n)));
  }

  OpCase weightInParts(int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] x = Samples.integers(2, (long) m * k, 3);
    double[] before = Samples.integers(3, (long) n * k, 100);
    GemmTile own = tile == null ? GemmTile.SMALL : tile;
    int count = WeightParts.in(own, n, k, m).count();
    return new OpCase(
            name("weight gradient in %d parts".formatted(count), m, n, k),
            (ops, memory) ->
                ops.linearIn(tile)
                    .backwardWeight(
                        ops.stream,
                        memory.updated("dWeight", DType.F32, before, n, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, x, m, k),
                        memory.scratch(DType.F32, count, n, k)))
        .exactly("dWeight", Naive.plus(before, Naive.transposedTimes(dY, x, m, n, k)));
  }

  /** Real numbers, whose sums depend on their order. */
  RowCase rows(int m, int width) {
    double[] x = Samples.normal(1, (long) m * width, dtype);
    double[] weight = Samples.normal(2, (long) width * width, dtype);
    return new RowCase(
        "%s, rows of %d".formatted(this, width),
        m,
        (ops, memory, from, count) -> {
          var some = memory.input(dtype, Samples.rows(x, from, count, width), count, width);
          var w = memory.input(dtype, weight, width, width);
          var out = memory.output("out", dtype, count, width);
          ops.linearIn(tile)
              .forward(ops.stream, out, null, some, w, null, null, Activation.GELU_TANH);
          ops.linearIn(tile)
              .backwardInput(ops.stream, memory.output("dX", dtype, count, width), some, w);
        });
  }

  private String name(String what, int m, int n, int k) {
    return "%s %s, %d x %d, depth %d".formatted(what, this, m, n, k);
  }

  @Override
  public String toString() {
    return dtype.suffix() + (tile == null ? "" : " in tiles of " + tile.label());
  }
}
