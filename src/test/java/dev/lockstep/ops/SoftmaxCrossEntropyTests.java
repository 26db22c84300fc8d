package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.CROSS_ENTROPY;
import static dev.lockstep.check.Tolerances.CROSS_ENTROPY_GRADIENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Loss, log-sum-exp and gradient, all options, and rows no softmax is made of. */
abstract class SoftmaxCrossEntropyTests extends OpTests {
  private static final int IGNORED = -100;
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  /** One class; two; odd; a warp's vector and one more; several warps; more than a block holds. */
  private static final int[][] SHAPES = {{1, 1}, {3, 2}, {5, 33}, {7, 129}, {2, 2051}, {65, 64}};

  private static final Options[] OPTIONS = {
    Options.defaults(), new Options(IGNORED, 0.1f, 0), new Options(3, 0.25f, 0.01f)
  };

  @Override
  Stream<OpCase> cases() {
    Stream<OpCase> fused =
        TYPES.stream()
            .flatMap(
                dtype ->
                    Arrays.stream(SHAPES)
                        .flatMap(
                            shape ->
                                Arrays.stream(OPTIONS)
                                    .map(options -> fused(dtype, shape[0], shape[1], options))));
    return Stream.concat(fused, Stream.of(reductions(1), reductions(300)));
  }

  @Override
  Stream<RowCase> rowCases() {
    return TYPES.stream().flatMap(dtype -> Stream.of(rows(dtype, 33), rows(dtype, 640)));
  }

  private static OpCase fused(DType dtype, int rows, int cols, Options options) {
    double[] logits =
        Samples.rounded(
            dtype,
            Arrays.stream(Samples.normal(1, (long) rows * cols, dtype)).map(v -> 3 * v).toArray());
    double[] rowGrad = Samples.integers(2, rows, 4);
    int[] targets = targets(rows, cols, options.ignoreIndex());
    CrossEntropyReference expected =
        new CrossEntropyReference(logits, targets, cols, options, 0.5, rowGrad);
    double size = Math.max(Samples.largest(logits), Samples.largest(expected.lse()));
    double withZ = size * (1 + options.zLoss() * size);
    return new OpCase(
            "%s %d x %d, %s".formatted(dtype.suffix(), rows, cols, options),
            (ops, memory) ->
                ops.crossEntropy.fused(
                    ops.stream,
                    memory.output("losses", DType.F32, rows),
                    memory.output("dLogits", dtype, rows, cols),
                    memory.output("lse", DType.F32, rows),
                    memory.input(dtype, logits, rows, cols),
                    memory.integers(targets),
                    memory.scalar(0.5),
                    memory.input(DType.F32, rowGrad, rows),
                    options,
                    clearStatus(ops, memory)))
        .within(
            CROSS_ENTROPY.of(DType.F32, cols, Samples.largest(expected.losses()), withZ),
            "losses",
            expected.losses())
        .within(CROSS_ENTROPY.of(DType.F32, cols, size, size), "lse", expected.lse())
        .within(
            CROSS_ENTROPY_GRADIENT.of(
                dtype, cols, Samples.largest(expected.dLogits()), 2 * (1 + withZ)),
            "dLogits",
            expected.dLogits());
  }

  /** Whole numbers, whose sums are exact; a third of the targets is ignored. */
  private static OpCase reductions(int rows) {
    double[] losses = Samples.integers(1, rows, 50);
    int[] targets = IntStream.range(0, rows).map(i -> i % 3 == 1 ? IGNORED : i).toArray();
    long counted = Arrays.stream(targets).filter(t -> t != IGNORED).count();
    double sum = Arrays.stream(losses).sum();
    Options options = Options.defaults();
    return new OpCase(
            "reductions of " + rows,
            (ops, memory) -> {
              Tensor ids = memory.integers(targets);
              Tensor each = memory.input(DType.F32, losses, rows);
              ops.crossEntropy.reduce(
                  ops.stream, memory.output("sum", DType.F32, 1), each, ids, options, false);
              ops.crossEntropy.reduce(
                  ops.stream, memory.output("mean", DType.F32, 1), each, ids, options, true);
              ops.crossEntropy.scale(
                  ops.stream, memory.output("scale", DType.F32, 1), ids, memory.scalar(6), options);
            })
        .exactly("sum", new double[] {sum})
        .exactly("mean", new double[] {(float) (sum / counted)})
        .exactly("scale", new double[] {(float) (6.0 / counted)});
  }

  private static RowCase rows(DType dtype, int cols) {
    int rows = 9;
    double[] logits = Samples.normal(1, (long) rows * cols, dtype);
    int[] targets = targets(rows, cols, IGNORED);
    return new RowCase(
        "%s, rows of %d".formatted(dtype.suffix(), cols),
        rows,
        (ops, memory, from, count) ->
            ops.crossEntropy.fused(
                ops.stream,
                memory.output("losses", DType.F32, count),
                memory.output("dLogits", dtype, count, cols),
                memory.output("lse", DType.F32, count),
                memory.input(dtype, Samples.rows(logits, from, count, cols), count, cols),
                memory.integers(Arrays.copyOfRange(targets, from, from + count)),
                memory.scalar(1),
                null,
                new Options(IGNORED, 0.1f, 1e-3f),
                new StatusWord(memory.scratch(StatusWord.DTYPE, 2))));
  }

  /** Rows of limits: expected loss beside them. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void infinitiesAndConfidentMistakesHaveTheirLimits(DType dtype) {
    double[] logits = {
      -INF, 2, -INF, // all mass on the target
      -INF, -INF, 2, // none on it: infinite loss
      -INF, -INF, -INF, // no distribution
      NAN, 0, 0, //
      INF, 0, 0, //
      0, 200, 0, // e^-200 is no float, the loss is 200 all the same
      1000, 1000, 1000,
    };
    int[] targets = {1, 1, 1, 1, 1, 0, 2};
    double[] losses = {0, INF, NAN, NAN, NAN, 200, Math.log(3)};
    OpCase op =
        new OpCase(
                "limits",
                (ops, memory) ->
                    ops.crossEntropy.fused(
                        ops.stream,
                        memory.output("losses", DType.F32, 7),
                        memory.output("dLogits", dtype, 7, 3),
                        null,
                        memory.input(dtype, logits, 7, 3),
                        memory.integers(targets),
                        memory.scalar(1),
                        null,
                        Options.defaults(),
                        clearStatus(ops, memory)))
            .within(CROSS_ENTROPY.of(DType.F32, 3, 200, 1000), "losses", losses);
    double[] third = {1.0 / 3, 1.0 / 3, -2.0 / 3};
    double[] dLogits =
        Stream.of(
                new double[] {0, 0, 0},
                new double[] {0, -1, 1},
                new double[] {NAN, NAN, NAN},
                new double[] {NAN, NAN, NAN},
                new double[] {NAN, NAN, NAN},
                new double[] {-1, 1, 0},
                third)
            .flatMapToDouble(Arrays::stream)
            .toArray();
    op.within(CROSS_ENTROPY_GRADIENT.of(dtype, 3, 1, 1), "dLogits", dLogits);
    assertNumbers(op, run(bench(), op, 0));
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void theGradientMayReplaceTheLogits(DType dtype) {
    int rows = 5;
    int cols = 129;
    double[] logits = Samples.normal(1, (long) rows * cols, dtype);
    int[] targets = targets(rows, cols, IGNORED);
    Map<String, GuardedMemory.Output> apart =
        run(bench(), gradient(dtype, logits, targets, cols, false), 0);
    Map<String, GuardedMemory.Output> inPlace =
        run(bench(), gradient(dtype, logits, targets, cols, true), 0);
    assertThat(output(inPlace, "dLogits").bytes()).isEqualTo(output(apart, "dLogits").bytes());
    assertThat(output(inPlace, "losses").bytes()).isEqualTo(output(apart, "losses").bytes());
  }

  private static OpCase gradient(
      DType dtype, double[] logits, int[] targets, int cols, boolean inPlace) {
    int rows = targets.length;
    return new OpCase(
        "gradient",
        (ops, memory) -> {
          Tensor x =
              inPlace
                  ? memory.updated("dLogits", dtype, logits, rows, cols)
                  : memory.input(dtype, logits, rows, cols);
          Tensor dLogits = inPlace ? x : memory.output("dLogits", dtype, rows, cols);
          ops.crossEntropy.fused(
              ops.stream,
              memory.output("losses", DType.F32, rows),
              dLogits,
              null,
              x,
              memory.integers(targets),
              memory.scalar(1),
              null,
              Options.defaults(),
              clearStatus(ops, memory));
        });
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void theLowestRowWithABadTargetIsReportedAndAllAreNan(DType dtype) {
    int cols = 40;
    int[] targets = {3, 39, 40, 0, -1, IGNORED};
    double[] logits = Samples.normal(1, 6 * cols, dtype);
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      StatusWord status = clearStatus(ops, memory);
      ops.crossEntropy.fused(
          ops.stream,
          memory.output("losses", DType.F32, 6),
          memory.output("dLogits", dtype, 6, cols),
          null,
          memory.input(dtype, logits, 6, cols),
          memory.integers(targets),
          memory.scalar(1),
          null,
          Options.defaults(),
          status);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(nanRows(output(outputs, "losses").values(), 1)).containsExactly(2, 4);
      assertThat(nanRows(output(outputs, "dLogits").values(), cols)).containsExactly(2, 4);
      assertThatThrownBy(() -> status.check(ops.stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage(
              "softmax_cross_entropy_fused_%s: the index in row 2 is 40; allowed are 0 to 39"
                  .formatted(dtype.suffix()));
    }
  }

  @Test
  void whenEveryTargetIsIgnoredTheMeanIsNanAndTheScaleZero() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor ids = memory.integers(IGNORED, IGNORED);
      Tensor losses = memory.input(DType.F32, new double[2], 2);
      Tensor mean = memory.output("mean", DType.F32, 1);
      Tensor scale = memory.output("scale", DType.F32, 1);
      ops.crossEntropy.reduce(ops.stream, mean, losses, ids, Options.defaults(), true);
      ops.crossEntropy.scale(ops.stream, scale, ids, memory.scalar(1), Options.defaults());
      assertThat(mean.toFloats(ops.stream)).containsExactly(Float.NaN);
      assertThat(scale.toFloats(ops.stream)).containsExactly(0);
    }
  }

  /** The rows that are NaN throughout; a row that is so in part is none, and fails the caller. */
  private static int[] nanRows(double[] values, int cols) {
    return IntStream.range(0, values.length / cols)
        .filter(
            row -> {
              long nans =
                  Arrays.stream(Samples.rows(values, row, 1, cols)).filter(Double::isNaN).count();
              assertThat(nans).as("NaN in row " + row).isIn(0L, (long) cols);
              return nans == cols;
            })
        .toArray();
  }

  /** Every seventh is ignored, where there is more than one; the first and last classes occur. */
  private static int[] targets(int rows, int cols, int ignored) {
    int[] targets = IntStream.range(0, rows).map(i -> (i * 31 + cols - 1) % cols).toArray();
    for (int i = 2; i < rows; i += 7) {
      targets[i] = ignored;
    }
    return targets;
  }

  private static StatusWord clearStatus(OpBench ops, GuardedMemory memory) {
    StatusWord status = new StatusWord(memory.words("status", 2));
    status.reset(ops.stream);
    return status;
  }
}
