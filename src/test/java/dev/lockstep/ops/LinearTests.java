package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

  /**
   * The same for tiles of 128 × 256, which no shape this small is given by itself: in the same ways
   * through the loop, with whole and cut, aligned and unaligned tiles; with and without a stage
   * that is left after whole turns of a ring of two, alone and before one that the depth ends
   * within.
   */
  private static final int[][] WIDE = {
    {128, 256, 192},
    {128, 256, 256},
    {1, 264, 264},
    {130, 513, 328},
    {129, 264, 257},
    {72, 264, 256}
  };

  private static final float SLOPE = 0.25f;

  @Override
  Stream<OpCase> cases() {
    Kind half = new Kind(DType.F16, null);
    Kind brain = new Kind(DType.BF16, null);
    Kind wideHalf = new Kind(DType.F16, GemmTile.WIDE);
    Kind wideBrain = new Kind(DType.BF16, GemmTile.WIDE);
    return Stream.of(
            small(),
            Arrays.stream(LARGE).flatMap(shape -> large(brain, shape)),
            large(half, LARGE[2]),
            Arrays.stream(WIDE).flatMap(shape -> large(wideBrain, shape)),
            large(wideHalf, WIDE[3]),
            inParts())
        .flatMap(cases -> cases);
  }

  private static Stream<OpCase> small() {
    return TYPES.stream()
        .map(dtype -> new Kind(dtype, null))
        .flatMap(
            kind ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        shape ->
                            Stream.of(
                                plain(kind, shape[0], shape[1], shape[2]),
                                fused(kind, shape[0], shape[1], shape[2]),
                                leaky(kind, shape[0], shape[1], shape[2]),
                                backwardInput(kind, shape[0], shape[1], shape[2]),
                                backwardInputOfTwo(kind, shape[0], shape[1], shape[2]),
                                scaled(kind, shape[0], shape[1], shape[2]),
                                backwardActivation(kind, shape[0], shape[1], shape[2]),
                                backwardBias(kind, shape[0], shape[1], shape[2]),
                                scaledBackward(kind, shape[0], shape[1], shape[2]),
                                backwardParameters(kind, shape[0], shape[1], shape[2]))));
  }

  /**
   * Rows enough for several parts of a sum, the last of which is shorter: elements that come in
   * fours and that do not; in each of the tiles.
   */
  private static Stream<OpCase> inParts() {
    return Stream.of(
        weightInParts(new Kind(DType.F32, null), 1030, 5, 7),
        weightInParts(new Kind(DType.F32, null), 1030, 68, 9),
        weightInParts(new Kind(DType.F16, null), 1100, 65, 40),
        weightInParts(new Kind(DType.BF16, null), 1600, 63, 33),
        weightInParts(new Kind(DType.BF16, GemmTile.LARGE), 2100, 130, 72),
        weightInParts(new Kind(DType.BF16, GemmTile.WIDE), 2056, 8, 264));
  }

  /** The width of the result and the depth of the sum are those of the shape in all passes. */
  private static Stream<OpCase> large(Kind kind, int[] shape) {
    int rows = shape[0];
    int width = shape[1];
    int depth = shape[2];
    return Stream.of(
        plain(kind, rows, width, depth),
        fused(kind, rows, width, depth),
        backwardInput(kind, rows, depth, width),
        backwardInputOfTwo(kind, rows, depth, width),
        scaled(kind, rows, width, depth),
        backwardActivation(kind, rows, depth, width),
        backwardBias(kind, rows, depth, width),
        scaledBackward(kind, rows, depth, width),
        backwardParameters(kind, depth, Math.min(width, 512) + rows % 2, width));
  }

  @Override
  Stream<RowCase> rowCases() {
    return Stream.concat(
        TYPES.stream()
            .map(dtype -> new Kind(dtype, null))
            .flatMap(kind -> Stream.of(rows(kind, 67, 65), rows(kind, 130, 64))),
        Stream.of(
            rows(new Kind(DType.BF16, null), 130, 520),
            rows(new Kind(DType.BF16, GemmTile.WIDE), 130, 264)));
  }

  /**
   * @param tile null where the shape chooses it
   */
  private record Kind(DType dtype, @Nullable GemmTile tile) {
    FusedLinear linear(OpBench ops) {
      return ops.linearIn(tile);
    }

    @Override
    public String toString() {
      return dtype.suffix() + (tile == null ? "" : " in tiles of " + tile.label());
    }
  }

  private static OpCase plain(Kind kind, int m, int n, int k) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("forward", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", kind.dtype(), m, n),
                        null,
                        memory.input(kind.dtype(), x, m, k),
                        memory.input(kind.dtype(), weight, n, k),
                        null,
                        null,
                        Activation.NONE))
        .exactly("out", Samples.rounded(kind.dtype(), Naive.timesTransposed(x, weight, m, n, k)));
  }

  private static OpCase fused(Kind kind, int m, int n, int k) {
    double[] residual = Samples.integers(4, (long) m * n, 40);
    return epilogue(
        "bias, relu, residual", kind, m, n, k, Activation.RELU, residual, z -> Math.max(z, 0));
  }

  private static OpCase leaky(Kind kind, int m, int n, int k) {
    double[] none = new double[m * n];
    return epilogue(
        "bias, leaky relu", kind, m, n, k, Activation.LEAKY_RELU, none, z -> z < 0 ? z * SLOPE : z);
  }

  private static OpCase epilogue(
      String what,
      Kind kind,
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
        Samples.rounded(
            kind.dtype(), Naive.plusRow(Naive.timesTransposed(x, weight, m, n, k), bias));
    double[] activated = Arrays.stream(z).map(function).toArray();
    return new OpCase(
            name(what, kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", kind.dtype(), m, n),
                        memory.output("pre", kind.dtype(), m, n),
                        memory.input(kind.dtype(), x, m, k),
                        memory.input(kind.dtype(), weight, n, k),
                        memory.input(kind.dtype(), bias, n),
                        memory.input(kind.dtype(), residual, m, n),
                        activation,
                        SLOPE))
        .exactly("pre", z)
        .exactly("out", Samples.rounded(kind.dtype(), Naive.plus(activated, residual)));
  }

  private static OpCase backwardInput(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    return new OpCase(
            name("input gradient", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", kind.dtype(), m, k),
                        memory.input(kind.dtype(), dY, m, n),
                        memory.input(kind.dtype(), weight, n, k)))
        .exactly("dX", Samples.rounded(kind.dtype(), Naive.times(dY, weight, m, n, k)));
  }

  private static OpCase backwardInputOfTwo(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] dY2 = Samples.integers(3, (long) m * n, 3);
    double[] weight2 = Samples.integers(4, (long) n * k, 3);
    double[] both =
        Naive.plus(Naive.times(dY, weight, m, n, k), Naive.times(dY2, weight2, m, n, k));
    return new OpCase(
            name("input gradient of two layers", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", kind.dtype(), m, k),
                        memory.input(kind.dtype(), dY, m, n),
                        memory.input(kind.dtype(), weight, n, k),
                        memory.input(kind.dtype(), dY2, m, n),
                        memory.input(kind.dtype(), weight2, n, k)))
        .exactly("dX", Samples.rounded(kind.dtype(), both));
  }

  /** A power of two as slope, so that the product with it is exact, too. In place, with a bias. */
  private static OpCase backwardActivation(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] below = Samples.integers(3, (long) m * k, 2);
    double[] biasBefore = Samples.integers(4, k, 100);
    double[] gradient = Samples.rounded(kind.dtype(), Naive.times(dY, weight, m, n, k));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= below[i] > 0 ? 1 : SLOPE;
    }
    double[] rounded = Samples.rounded(kind.dtype(), gradient);
    return new OpCase(
            name("input gradient before an activation", kind, m, n, k),
            (ops, memory) -> {
              var belowOrGradient = memory.updated("dX", kind.dtype(), below, m, k);
              kind.linear(ops)
                  .backwardInput(
                      ops.stream,
                      belowOrGradient,
                      memory.input(kind.dtype(), dY, m, n),
                      memory.input(kind.dtype(), weight, n, k),
                      belowOrGradient,
                      Activation.LEAKY_RELU,
                      SLOPE,
                      biasGradient(memory, "dBias", kind.dtype(), biasBefore, m, n));
            })
        .exactly("dX", rounded)
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(rounded, m, k)));
  }

  /** No activation below, but a bias: sums of the product's columns are all that is fused. */
  private static OpCase backwardBias(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] biasBefore = Samples.integers(4, k, 100);
    double[] rounded = Samples.rounded(kind.dtype(), Naive.times(dY, weight, m, n, k));
    return new OpCase(
            name("input gradient and bias", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", kind.dtype(), m, k),
                        memory.input(kind.dtype(), dY, m, n),
                        memory.input(kind.dtype(), weight, n, k),
                        null,
                        Activation.NONE,
                        0,
                        biasGradient(memory, "dBias", kind.dtype(), biasBefore, m, n)))
        .exactly("dX", rounded)
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(rounded, m, k)));
  }

  static BiasGradient biasGradient(
      GuardedMemory memory, String name, DType dtype, double[] before, int m, int depth) {
    var shape = BiasGradient.workspaceShape(dtype, m, before.length, depth);
    return new BiasGradient(
        memory.updated(name, DType.F32, before, before.length),
        memory.scratch(DType.F32, shape.rows(), shape.cols()));
  }

  /** A factor that is a power of two, and negative: it meets the product, but not the bias. */
  private static OpCase scaled(Kind kind, int m, int n, int k) {
    double[] x = Samples.integers(1, (long) m * k, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] bias = Samples.integers(3, n, 9);
    double[] halves =
        Arrays.stream(Naive.timesTransposed(x, weight, m, n, k)).map(v -> v * -0.5).toArray();
    return new OpCase(
            name("scaled, bias", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", kind.dtype(), m, n),
                        null,
                        memory.input(kind.dtype(), x, m, k),
                        memory.input(kind.dtype(), weight, n, k),
                        memory.input(kind.dtype(), bias, n),
                        null,
                        Activation.NONE,
                        0,
                        memory.scalar(-0.5)))
        .exactly("out", Samples.rounded(kind.dtype(), Naive.plusRow(halves, bias)));
  }

  private static OpCase scaledBackward(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] weight = Samples.integers(2, (long) n * k, 3);
    double[] quarters =
        Arrays.stream(Naive.times(dY, weight, m, n, k)).map(v -> v * 0.25).toArray();
    return new OpCase(
            name("scaled input gradient", kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", kind.dtype(), m, k),
                        memory.input(kind.dtype(), dY, m, n),
                        memory.input(kind.dtype(), weight, n, k),
                        memory.scalar(0.25)))
        .exactly("dX", Samples.rounded(kind.dtype(), quarters));
  }

  private static OpCase backwardParameters(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] x = Samples.integers(2, (long) m * k, 3);
    double[] weightBefore = Samples.integers(3, (long) n * k, 100);
    double[] biasBefore = Samples.integers(4, n, 100);
    return new OpCase(
            name("weight and bias gradients", kind, m, n, k),
            (ops, memory) -> {
              var gradient = memory.input(kind.dtype(), dY, m, n);
              kind.linear(ops)
                  .backwardWeight(
                      ops.stream,
                      memory.updated("dWeight", DType.F32, weightBefore, n, k),
                      gradient,
                      memory.input(kind.dtype(), x, m, k));
              kind.linear(ops)
                  .backwardBias(
                      ops.stream, memory.updated("dBias", DType.F32, biasBefore, n), gradient);
            })
        .exactly("dWeight", Naive.plus(weightBefore, Naive.transposedTimes(dY, x, m, n, k)))
        .exactly("dBias", Naive.plus(biasBefore, Naive.columnSums(dY, m, n)));
  }

  private static OpCase weightInParts(Kind kind, int m, int n, int k) {
    double[] dY = Samples.integers(1, (long) m * n, 3);
    double[] x = Samples.integers(2, (long) m * k, 3);
    double[] before = Samples.integers(3, (long) n * k, 100);
    GemmTile tile = kind.tile() == null ? GemmTile.SMALL : kind.tile();
    int count = WeightParts.in(tile, n, k, m).count();
    return new OpCase(
            name("weight gradient in %d parts".formatted(count), kind, m, n, k),
            (ops, memory) ->
                kind.linear(ops)
                    .backwardWeight(
                        ops.stream,
                        memory.updated("dWeight", DType.F32, before, n, k),
                        memory.input(kind.dtype(), dY, m, n),
                        memory.input(kind.dtype(), x, m, k),
                        memory.scratch(DType.F32, count, n, k)))
        .exactly("dWeight", Naive.plus(before, Naive.transposedTimes(dY, x, m, n, k)));
  }

  /** Real numbers, whose sums depend on their order. */
  private static RowCase rows(Kind kind, int m, int width) {
    double[] x = Samples.normal(1, (long) m * width, kind.dtype());
    double[] weight = Samples.normal(2, (long) width * width, kind.dtype());
    return new RowCase(
        "%s, rows of %d".formatted(kind, width),
        m,
        (ops, memory, from, count) -> {
          var some = memory.input(kind.dtype(), Samples.rows(x, from, count, width), count, width);
          var w = memory.input(kind.dtype(), weight, width, width);
          var out = memory.output("out", kind.dtype(), count, width);
          kind.linear(ops)
              .forward(ops.stream, out, null, some, w, null, null, Activation.GELU_TANH);
          kind.linear(ops)
              .backwardInput(ops.stream, memory.output("dX", kind.dtype(), count, width), some, w);
        });
  }

  private static String name(String what, Kind kind, int m, int n, int k) {
    return "%s %s, %d x %d, depth %d".formatted(what, kind, m, n, k);
  }
}
