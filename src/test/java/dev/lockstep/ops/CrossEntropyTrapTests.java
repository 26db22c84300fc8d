package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.CROSS_ENTROPY;
import static dev.lockstep.check.Tolerances.CROSS_ENTROPY_GRADIENT;
import static dev.lockstep.ops.CrossEntropyCase.IGNORED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What implementations of cross-entropy are known to get wrong, a test for each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CrossEntropyTrapTests {
  static final List<DType> TYPES = OpTests.TYPES;

  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;
  private static final Options PLAIN = Options.defaults();

  private OpBench ops;

  abstract Device open(int workers);

  @BeforeAll
  void openDevice() {
    ops = new OpBench(open(2));
  }

  @AfterAll
  void closeDevice() {
    ops.close();
  }

  /** By elements and by vectors, of one warp and of several. */
  private static final int[] WIDTHS = {3, 35, 264, 4104};

  static Stream<LimitCase> limits() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(WIDTHS)
                    .boxed()
                    .flatMap(
                        cols -> Stream.of(false, true).map(o -> new LimitCase(dtype, cols, o))));
  }

  record LimitCase(DType dtype, int cols, boolean statistics) {}

  @ParameterizedTest
  @MethodSource("limits")
  void infinitiesAndConfidentMistakesHaveTheirLimits(LimitCase limit) {
    int cols = limit.cols();
    DType dtype = limit.dtype();
    List<LimitRow> limits = LimitRow.ALL;
    int rows = limits.size();
    double[] logits =
        Samples.rounded(
            dtype, limits.stream().flatMapToDouble(r -> Arrays.stream(r.in(cols))).toArray());
    int[] targets = limits.stream().mapToInt(LimitRow::target).toArray();
    CrossEntropyCase call =
        new CrossEntropyCase(dtype, rows, cols).logits(logits).targets(targets).rowGrad(1);
    Map<String, GuardedMemory.Output> got =
        OpTests.run(ops, (limit.statistics() ? call.statistics() : call).opCase(), 0);
    for (int r = 0; r < rows; r++) {
      double loss = limits.get(r).loss(dtype);
      assertClose(
          "loss of row " + r,
          OpTests.output(got, "losses").values()[r],
          loss,
          CROSS_ENTROPY.of(DType.F32, cols, 0, Double.isFinite(loss) ? Math.max(1, loss) : 1));
      double[] gradient = Samples.rows(OpTests.output(got, "dLogits").values(), r, 1, cols);
      if (Double.isNaN(loss)) {
        assertThat(gradient).as("gradient of row " + r).containsOnly(NAN);
        continue;
      }
      double[] want = limits.get(r).gradient(cols);
      for (int i = 0; i < cols; i++) {
        assertClose(
            "gradient of row %d, column %d".formatted(r, i),
            gradient[i],
            CrossEntropyCase.GRAD_SCALE * want[i],
            CROSS_ENTROPY_GRADIENT.of(dtype, cols, 0.5, 1));
      }
    }
  }

  private static void assertClose(String what, double got, double want, double tolerance) {
    boolean close =
        Double.isFinite(want) ? Math.abs(got - want) <= tolerance : Double.compare(got, want) == 0;
    assertThat(close).as("%s is %s, expected %s within %s", what, got, want, tolerance).isTrue();
  }

  /** A thread, a warp, a tile that sees −∞ only must not spoil what others see. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void minusInfinityInAllColumnsThatComeFirstOrLastHasProbabilityZero(DType dtype) {
    for (int cols : new int[] {264, 4099, 8208}) {
      double[] logits = Samples.normal(1, 3L * cols, dtype);
      Arrays.fill(logits, 0, cols - 3, -INF);
      Arrays.fill(logits, cols + 3, 2 * cols, -INF);
      for (int i = 0; i < cols; i++) {
        logits[2 * cols + i] = i % 7 == 3 ? logits[2 * cols + i] : -INF;
      }
      int[] targets = {cols - 2, 1, 3};
      OpCase op = new CrossEntropyCase(dtype, 3, cols).logits(logits).targets(targets).opCase();
      OpTests.assertNumbers(op, OpTests.run(ops, op, 0));
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void aCapLeavesMinusInfinityWithoutProbability(DType dtype) {
    int cols = 33;
    double[] logits = Samples.normal(1, cols, dtype);
    Arrays.fill(logits, 20, cols, -INF);
    OpCase op =
        new CrossEntropyCase(dtype, 1, cols)
            .options(PLAIN.withSoftCap(5))
            .logits(logits)
            .targets(4)
            .statistics()
            .opCase();
    Map<String, GuardedMemory.Output> got = OpTests.run(ops, op, 0);
    OpTests.assertNumbers(op, got);
    assertThat(Arrays.copyOfRange(OpTests.output(got, "dLogits").values(), 20, cols))
        .containsOnly(0);
  }

  /** Padding of any value: 0 would add e^0, NaN spoil everything, the largest be predicted. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void paddingHasNoProbabilityAndGradientZero(DType dtype) {
    int classes = 1003;
    for (int pitch : new int[] {1005, 1088}) {
      for (double padding : new double[] {0, INF, NAN}) {
        double[] logits = Samples.normal(1, 2L * pitch, dtype);
        Arrays.fill(logits, classes, pitch, padding);
        Arrays.fill(logits, pitch + classes, 2 * pitch, padding);
        CrossEntropyCase plain =
            new CrossEntropyCase(dtype, 2, pitch).options(PLAIN.withClasses(classes));
        CrossEntropyCase full =
            new CrossEntropyCase(dtype, 2, pitch)
                .options(PLAIN.withClasses(classes).withLabelSmoothing(0.1f))
                .weighted()
                .statistics();
        for (CrossEntropyCase call : List.of(plain, full)) {
          OpCase op = call.logits(logits).targets(classes - 1, 0).opCase();
          Map<String, GuardedMemory.Output> got = OpTests.run(ops, op, 0);
          OpTests.assertNumbers(op, got);
          assertThat(Arrays.copyOfRange(OpTests.output(got, "dLogits").values(), classes, pitch))
              .containsOnly(0);
        }
      }
    }
  }

  /** Also one in the padding, where there is memory to read. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void theLowestRowWithABadTargetIsReportedAndAllAreNan(DType dtype) {
    int pitch = 40;
    int classes = 38;
    int[] targets = {3, 37, 38, 0, -1, IGNORED, Integer.MIN_VALUE, Integer.MAX_VALUE};
    int rows = targets.length;
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      StatusWord status = new StatusWord(memory.words("status", 2));
      status.reset(ops.stream);
      ops.crossEntropy.fused(
          ops.stream,
          Outputs.of(memory.output("losses", DType.F32, rows))
              .withGradient(memory.output("dLogits", dtype, rows, pitch)),
          memory.input(dtype, Samples.normal(1, (long) rows * pitch, dtype), rows, pitch),
          memory.integers(targets),
          null,
          memory.scalar(1),
          null,
          PLAIN.withClasses(classes),
          status);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      double[] losses = OpTests.output(outputs, "losses").values();
      double[] dLogits = OpTests.output(outputs, "dLogits").values();
      for (int row = 0; row < rows; row++) {
        boolean bad = targets[row] != IGNORED && (targets[row] < 0 || targets[row] >= classes);
        assertThat(Double.isNaN(losses[row])).as("NaN in row " + row).isEqualTo(bad);
        double[] gradient = Samples.rows(dLogits, row, 1, pitch);
        assertThat(Arrays.stream(gradient).filter(Double::isNaN).count())
            .as("NaN in the gradient of row " + row)
            .isEqualTo(bad ? classes : 0);
        assertThat(Arrays.copyOfRange(gradient, classes, pitch)).containsOnly(0);
      }
      assertThatThrownBy(() -> status.check(ops.stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage(
              "softmax_cross_entropy_fused_%s: the index in row 2 is 38; allowed are 0 to 37"
                  .formatted(dtype.suffix()));
    }
  }

  @Test
  void aBadTargetReadsNoWeightEither() {
    int[] targets = {5, Integer.MIN_VALUE, 1};
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor scale = memory.output("scale", DType.F32, 1);
      Tensor weights = memory.input(DType.F32, new double[] {3, 2}, 2);
      ops.crossEntropy.scale(
          ops.stream, scale, memory.integers(targets), weights, memory.scalar(8), PLAIN);
      assertThat(scale.toFloats(ops.stream)).containsExactly(8f / (1 + 1 + 2));
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void inPlaceGivesTheSameBits(DType dtype) {
    for (int cols : new int[] {129, 136, 8208}) {
      for (Options options : new Options[] {PLAIN, PLAIN.withLabelSmoothing(0.1f)}) {
        Map<String, GuardedMemory.Output> apart =
            run(new CrossEntropyCase(dtype, 5, cols).options(options));
        Map<String, GuardedMemory.Output> inPlace =
            run(new CrossEntropyCase(dtype, 5, cols).options(options).inPlace());
        for (String name : List.of("dLogits", "losses", "lse")) {
          assertThat(OpTests.output(inPlace, name).bytes())
              .as(name)
              .isEqualTo(OpTests.output(apart, name).bytes());
        }
      }
    }
  }

  /** Guarded memory watches that the logits stay as they are, ignored rows' too. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void aLossWithoutGradientIsTheSameLossAndLeavesTheLogitsAlone(DType dtype) {
    for (int cols : new int[] {129, 136, 8208}) {
      Map<String, GuardedMemory.Output> with = run(new CrossEntropyCase(dtype, 5, cols));
      Map<String, GuardedMemory.Output> without =
          run(new CrossEntropyCase(dtype, 5, cols).lossOnly());
      assertThat(OpTests.output(without, "losses").bytes())
          .isEqualTo(OpTests.output(with, "losses").bytes());
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void ignoredRowsAddNothingWhateverTheOptions(DType dtype) {
    Options options = PLAIN.withLabelSmoothing(0.1f).withZLoss(0.1f).withIgnoreIndex(7);
    Map<String, GuardedMemory.Output> got =
        run(new CrossEntropyCase(dtype, 3, 33).options(options).targets(7, 7, 7));
    assertThat(OpTests.output(got, "losses").values()).containsOnly(0);
    assertThat(OpTests.output(got, "dLogits").values()).containsOnly(0);
  }

  @Test
  void whenEveryTargetIsIgnoredTheMeanIsNanAndTheScaleZero() {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor ids = memory.integers(IGNORED, IGNORED);
      Tensor two = memory.input(DType.F32, new double[2], 2);
      for (Tensor weights : new Tensor[] {null, two}) {
        Tensor mean = memory.output("mean", DType.F32, 1);
        Tensor scale = memory.output("scale", DType.F32, 1);
        ops.crossEntropy.reduce(ops.stream, mean, two, ids, weights, PLAIN, true);
        ops.crossEntropy.scale(ops.stream, scale, ids, weights, memory.scalar(1), PLAIN);
        assertThat(mean.toFloats(ops.stream)).containsExactly(Float.NaN);
        assertThat(scale.toFloats(ops.stream)).containsExactly(0);
      }
    }
  }

  /** lse far below 0 makes 1 + 2 λ lse negative: no logarithm may be taken of it. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void aZLossOfVeryNegativeLogitsHasItsGradient(DType dtype) {
    double[] logits = new double[40];
    Arrays.fill(logits, -1000);
    logits[3] = -1001;
    for (Options options : new Options[] {PLAIN, PLAIN.withLabelSmoothing(0.1f)}) {
      OpCase op =
          new CrossEntropyCase(dtype, 1, 40)
              .options(options.withZLoss(0.01f))
              .logits(Samples.rounded(dtype, logits))
              .targets(2)
              .opCase();
      OpTests.assertNumbers(op, OpTests.run(ops, op, 0));
    }
  }

  /**
   * Gradients of a batch in two halves, each scaled by the whole batch's count, are the batch's.
   */
  @Test
  void halvesOfABatchScaledByItsCountGiveItsGradient() {
    DType dtype = DType.F32;
    int cols = 12;
    double[] logits = Samples.normal(1, 4 * cols, dtype);
    int[] targets = {3, IGNORED, 5, 0};
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor ids = memory.integers(targets);
      Tensor scale = memory.output("scale", DType.F32, 1);
      ops.crossEntropy.scale(ops.stream, scale, ids, null, memory.scalar(1), PLAIN);
      Tensor x = memory.input(dtype, logits, 4, cols);
      Tensor whole = memory.output("whole", dtype, 4, cols);
      Tensor halves = memory.output("halves", dtype, 4, cols);
      gradient(memory, whole, x, ids, scale);
      for (int half = 0; half < 4; half += 2) {
        gradient(memory, halves.slice(half, 2), x.slice(half, 2), ids.slice(half, 2), scale);
      }
      assertThat(halves.toFloats(ops.stream)).isEqualTo(whole.toFloats(ops.stream));
      assertThat(scale.toFloats(ops.stream)).containsExactly(1f / 3);
    }
  }

  private void gradient(
      GuardedMemory memory, Tensor dLogits, Tensor logits, Tensor targets, Tensor scale) {
    Tensor losses = memory.output("losses", DType.F32, targets.count());
    StatusWord status = new StatusWord(memory.words("status", 2));
    ops.crossEntropy.fused(
        ops.stream,
        Outputs.of(losses).withGradient(dLogits),
        logits,
        targets,
        null,
        scale,
        null,
        PLAIN,
        status);
  }

  /** The lowest of equal columns, of different threads and warps; none in a row of NaN. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void predictionsAreTheLowestOfTheLargest(DType dtype) {
    int cols = 8208;
    int[][] peaks = {{0}, {cols - 1}, {7, 8}, {300, 5000}, {4097, 4098, 8207}, {31, 32, 33}};
    int rows = peaks.length + 3;
    double[] logits = Samples.normal(1, (long) rows * cols, dtype);
    for (int row = 0; row < peaks.length; row++) {
      for (int peak : peaks[row]) {
        logits[row * cols + peak] = 50;
      }
    }
    int rest = peaks.length * cols;
    Arrays.fill(logits, rest, rest + cols, -INF);
    Arrays.fill(logits, rest + cols, rest + 2 * cols, NAN);
    logits[rest + 2 * cols] = NAN;
    logits[rest + 2 * cols + 9] = INF;
    int[] targets = new int[rows];
    Map<String, GuardedMemory.Output> got =
        run(new CrossEntropyCase(dtype, rows, cols).logits(logits).targets(targets).statistics());
    assertThat(OpTests.output(got, "predictions").values())
        .containsExactly(0, cols - 1, 7, 300, 4097, 31, 0, -1, 9);
  }

  private Map<String, GuardedMemory.Output> run(CrossEntropyCase call) {
    return OpTests.run(ops, new OpCase(call.toString(), call.call()), 0);
  }

  /** Vocabularies people have, on both sides of what registers and shared memory hold. */
  static Stream<CrossEntropyCase> vocabularies() {
    int[] sizes = {1, 2, 3, 7, 127, 32_000, 32_003, 50_257, 128_256};
    return IntStream.of(sizes)
        .mapToObj(size -> new CrossEntropyCase(DType.BF16, 1, size).targets(size - 1));
  }

  @ParameterizedTest
  @MethodSource("vocabularies")
  void everyVocabularyHasItsLossAndGradient(CrossEntropyCase call) {
    OpCase op = call.opCase();
    OpTests.assertNumbers(op, OpTests.run(ops, op, 0));
  }
}
