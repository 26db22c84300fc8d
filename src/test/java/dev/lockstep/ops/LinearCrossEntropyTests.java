package dev.lockstep.ops;

import static dev.lockstep.ops.CrossEntropyCase.IGNORED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LinearCrossEntropy.Gradients;
import dev.lockstep.ops.LinearCrossEntropy.Inputs;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The loss of a linear layer's logits, chunk by chunk: right numbers, the bits of the kernels one
 * after another, and what implementations that go by chunks are known to get wrong.
 */
abstract class LinearCrossEntropyTests extends OpTests {
  private static final Options PLAIN = Options.defaults();

  /** Every option of the general kernel; the last three of 33 columns pad the rows. */
  private static final Options ALL =
      PLAIN
          .withClasses(30)
          .withLabelSmoothing(0.1f)
          .withZLoss(1e-3f)
          .withSoftCap(30)
          .withIgnoreIndex(7);

  /** What every row has by itself, whatever chunk it is in. */
  private static final List<String> OF_ROWS = List.of("losses", "lse", "dX");

  /**
   * Rows, vocabulary, depth, rows that fit in a chunk: the smallest; a chunk for each row; a last
   * chunk shorter than the others; vocabularies whose rows start on 16 bytes and others; all rows
   * in one chunk; chunks of a tile's rows and a rest.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1, 1},
    {3, 5, 4, 1},
    {7, 33, 20, 3},
    {9, 64, 24, 4},
    {11, 40, 16, 100},
    {130, 520, 8, 128}
  };

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Stream.concat(
                        Arrays.stream(SHAPES).map(s -> of(dtype, s)),
                        Stream.of(
                            of(dtype, SHAPES[2]).options(ALL).weighted().statistics(),
                            of(dtype, SHAPES[2]).options(PLAIN.withZLoss(0.01f)).lossOnly(),
                            of(dtype, SHAPES[3]).options(PLAIN.withClasses(61)).weighted()))
                    .map(LinearCrossEntropyCase::opCase));
  }

  private static LinearCrossEntropyCase of(DType dtype, int[] shape) {
    return new LinearCrossEntropyCase(dtype, shape[0], shape[1], shape[2]).chunks(shape[3]);
  }

  /** What a row has for itself; its gradient of x is compared below. */
  @Override
  Stream<RowCase> rowCases() {
    return TYPES.stream()
        .map(dtype -> of(dtype, SHAPES[2]).options(ALL).lossOnly().statistics().rowCase());
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void aRowHasTheSameBitsHoweverTheBatchIsCut(DType dtype) {
    for (Options options : new Options[] {PLAIN, ALL}) {
      Map<String, GuardedMemory.Output> separate = run(sevenRows(dtype, options).separate());
      for (int chunk : new int[] {1, 2, 3, 6, 7, 1000}) {
        Map<String, GuardedMemory.Output> cut = run(sevenRows(dtype, options).chunks(chunk));
        OF_ROWS.forEach(name -> assertSame(name + " in chunks of " + chunk, name, cut, separate));
      }
    }
  }

  /** The tile of a product is never chosen by the rows of a chunk. */
  @Test
  void noRowsOfAChunkChooseATile() {
    LinearCrossEntropyCase whole = new LinearCrossEntropyCase(DType.BF16, 130, 520, 264).separate();
    LinearCrossEntropyCase cut = new LinearCrossEntropyCase(DType.BF16, 130, 520, 264).chunks(1);
    Map<String, GuardedMemory.Output> want = run(whole);
    Map<String, GuardedMemory.Output> got = run(cut);
    OF_ROWS.forEach(name -> assertSame(name, name, got, want));
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void inOneChunkEverythingHasTheBitsOfTheSeparateKernels(DType dtype) {
    for (Options options : new Options[] {PLAIN, ALL}) {
      Map<String, GuardedMemory.Output> separate =
          run(sevenRows(dtype, options).weighted().statistics().separate());
      Map<String, GuardedMemory.Output> fused =
          run(sevenRows(dtype, options).weighted().statistics());
      separate.keySet().forEach(name -> assertSame(name, name, fused, separate));
      assertThat(separate).hasSize(7);
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void aLossWithoutGradientsIsTheSameLoss(DType dtype) {
    Map<String, GuardedMemory.Output> with = run(sevenRows(dtype, ALL).chunks(3).statistics());
    Map<String, GuardedMemory.Output> without =
        run(sevenRows(dtype, ALL).chunks(3).statistics().lossOnly());
    assertThat(without).hasSize(4);
    without.keySet().forEach(name -> assertSame(name, name, without, with));
  }

  private static LinearCrossEntropyCase sevenRows(DType dtype, Options options) {
    return new LinearCrossEntropyCase(dtype, 7, 33, 20).options(options);
  }

  /** Summed in bf16, a weight's gradient of a hundred equal rows would stop growing early. */
  @Test
  void theWeightsGradientIsSummedInFullPrecisionOverManyChunks() {
    int rows = 400;
    for (int chunk : new int[] {1, 400}) {
      OpCase op = new LinearCrossEntropyCase(DType.BF16, rows, 9, 8).chunks(chunk).opCase();
      assertNumbers(op, run(bench(), op, 0));
    }
  }

  /**
   * Enough rows for two parts in one chunk, behind logits that end off a 16-byte boundary; and in a
   * budget that holds the logits of 1032 rows, but not the parts of so many beside them.
   */
  @Test
  void theWeightsGradientOfAChunkIsSummedInPartsBesideItsLogits() {
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      OpCase op = new LinearCrossEntropyCase(dtype, 1033, 3, 8).inParts().opCase();
      Map<String, GuardedMemory.Output> fused = run(bench(), op, 0);
      assertNumbers(op, fused);
      Map<String, GuardedMemory.Output> separate =
          run(new LinearCrossEntropyCase(dtype, 1033, 3, 8).inParts().separate());
      separate.keySet().forEach(name -> assertSame(name, name, fused, separate));
      long logits = 1033L * 3 * dtype.byteSize();
      OpCase cut = new LinearCrossEntropyCase(dtype, 1033, 3, 8).inParts().budget(logits).opCase();
      assertNumbers(cut, run(bench(), cut, 0));
    }
  }

  /** A mean is over the rows of the batch that count, however few of a chunk do. */
  @Test
  void theMeanCountsTheWholeBatchAndNoChunk() {
    int[] targets = {IGNORED, IGNORED, IGNORED, 3, 1, IGNORED};
    DType dtype = DType.F32;
    double[] numbers = Samples.normal(1, 6 * 4, dtype);
    double[] weights = Samples.normal(2, 5 * 4, dtype);
    float[][] dX = new float[2][];
    float[] means = new float[2];
    for (int cut = 0; cut < 2; cut++) {
      try (GuardedMemory memory = new GuardedMemory(bench().device, bench().stream, 0)) {
        Tensor ids = memory.integers(targets);
        Tensor scale = memory.output("scale", DType.F32, 1);
        Tensor losses = memory.output("losses", DType.F32, 6);
        Tensor mean = memory.output("mean", DType.F32, 1);
        Tensor dInput = memory.output("dX", dtype, 6, 4);
        SoftmaxCrossEntropy loss = bench().crossEntropy;
        loss.scale(bench().stream, scale, ids, null, memory.scalar(1), PLAIN);
        LogitChunks chunks = new LogitChunks(6, 5, dtype, cut == 0 ? 6 : 3);
        bench()
            .linearCrossEntropy
            .fused(
                bench().stream,
                Outputs.of(losses),
                new Gradients(dInput, null, null, scale, null),
                new Inputs(
                    memory.input(dtype, numbers, 6, 4),
                    memory.input(dtype, weights, 5, 4),
                    null,
                    ids,
                    null),
                PLAIN,
                chunks,
                memory.scratch(dtype, chunks.workspaceShape().extents()),
                new StatusWord(memory.scratch(StatusWord.DTYPE, 2)));
        loss.reduce(bench().stream, mean, losses, ids, null, PLAIN, true);
        dX[cut] = dInput.toFloats(bench().stream);
        means[cut] = mean.toFloats(bench().stream)[0];
        memory.finish();
      }
    }
    assertThat(means[1]).isEqualTo(means[0]).isFinite().isPositive();
    assertThat(dX[1]).isEqualTo(dX[0]);
    assertThat(Arrays.copyOf(dX[1], 12)).containsOnly(0);
    assertThat(Arrays.copyOfRange(dX[1], 12, 20)).doesNotContain(0);
  }

  /** Rows of later chunks too, by their place in the batch. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void theLowestRowWithABadTargetIsReportedByItsPlaceInTheBatch(DType dtype) {
    int[] targets = {3, 0, IGNORED, 4, 9, 2, -1};
    LogitChunks chunks = new LogitChunks(7, 9, dtype, 2);
    try (GuardedMemory memory = new GuardedMemory(bench().device, bench().stream, 0)) {
      StatusWord status = new StatusWord(memory.words("status", 2));
      status.reset(bench().stream);
      Tensor losses = memory.output("losses", DType.F32, 7);
      Tensor dX = memory.output("dX", dtype, 7, 2);
      bench()
          .linearCrossEntropy
          .fused(
              bench().stream,
              Outputs.of(losses),
              new Gradients(dX, null, null, memory.scalar(1), null),
              new Inputs(
                  memory.input(dtype, Samples.normal(1, 14, dtype), 7, 2),
                  memory.input(dtype, Samples.normal(2, 18, dtype), 9, 2),
                  null,
                  memory.integers(targets),
                  null),
              PLAIN,
              chunks,
              memory.scratch(dtype, chunks.workspaceShape().extents()),
              status);
      Map<String, GuardedMemory.Output> got = memory.finish();
      for (int row = 0; row < 7; row++) {
        boolean bad = row == 4 || row == 6;
        assertThat(Double.isNaN(output(got, "losses").values()[row])).isEqualTo(bad);
        double[] gradient = Samples.rows(output(got, "dX").values(), row, 1, 2);
        assertThat(Double.isNaN(gradient[0])).as("gradient of row " + row).isEqualTo(bad);
      }
      assertThatThrownBy(() -> status.check(bench().stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessageContaining("the index in row 4 is 9; allowed are 0 to 8");
    }
  }

  /** Rows of the weight beyond the classes pad it: their logits count nowhere. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void paddingOfTheVocabularyHasNoGradient(DType dtype) {
    Map<String, GuardedMemory.Output> got = run(sevenRows(dtype, ALL).chunks(3));
    double[] dWeight = output(got, "dWeight").values();
    assertThat(Samples.rows(dWeight, 30, 3, 20)).containsOnly(0);
    assertThat(Samples.rows(dWeight, 29, 1, 20)).doesNotContain(0);
    assertThat(Samples.rows(output(got, "dBias").values(), 30, 3, 1)).containsOnly(0);
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void whenEveryTargetIsIgnoredAllGradientsAreZero(DType dtype) {
    int[] ignored = IntStream.range(0, 7).map(i -> IGNORED).toArray();
    Map<String, GuardedMemory.Output> got = run(sevenRows(dtype, PLAIN).targets(ignored).chunks(2));
    for (String name : List.of("losses", "dX", "dWeight", "dBias")) {
      assertThat(output(got, name).values()).as(name).containsOnly(0);
    }
  }

  /** Gradients that nobody wants cost no launch, and change no other. */
  @Test
  void gradientsMayBeLeftOut() {
    DType dtype = DType.F32;
    try (GuardedMemory memory = new GuardedMemory(bench().device, bench().stream, 0)) {
      LogitChunks chunks = new LogitChunks(4, 6, dtype, 3);
      Inputs inputs =
          new Inputs(
              memory.input(dtype, Samples.normal(1, 4 * 5, dtype), 2, 2, 5),
              memory.input(dtype, Samples.normal(2, 6 * 5, dtype), 6, 5),
              null,
              memory.integers(1, 2, 3, 5),
              null);
      Tensor scale = memory.scalar(1);
      Tensor workspace = memory.scratch(dtype, 30);
      Tensor dX = memory.output("dX", dtype, 2, 2, 5);
      Tensor dWeight = memory.updated("dWeight", DType.F32, new double[30], 6, 5);
      Tensor alone = memory.output("dX alone", dtype, 2, 2, 5);
      StatusWord status = new StatusWord(memory.scratch(StatusWord.DTYPE, 2));
      for (Gradients gradients :
          List.of(
              new Gradients(dX, dWeight, null, scale, null),
              new Gradients(alone, null, null, scale, null))) {
        bench()
            .linearCrossEntropy
            .fused(
                bench().stream,
                Outputs.of(memory.output("losses", DType.F32, 4)),
                gradients,
                inputs,
                PLAIN,
                chunks,
                workspace,
                status);
      }
      Map<String, GuardedMemory.Output> got = memory.finish();
      assertThat(output(got, "dX alone").bytes()).isEqualTo(output(got, "dX").bytes());
      assertThat(output(got, "dWeight").values()).doesNotContain(0);
    }
  }

  private Map<String, GuardedMemory.Output> run(LinearCrossEntropyCase call) {
    return run(bench(), new OpCase(call.toString(), call.call()), 0);
  }

  private static void assertSame(
      String what,
      String name,
      Map<String, GuardedMemory.Output> got,
      Map<String, GuardedMemory.Output> want) {
    assertThat(output(got, name).bytes()).as(what).isEqualTo(output(want, name).bytes());
  }
}
