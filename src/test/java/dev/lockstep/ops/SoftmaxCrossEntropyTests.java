package dev.lockstep.ops;

import static dev.lockstep.ops.CrossEntropyCase.IGNORED;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Loss, gradient and statistics with all options, and what sums over rows. */
abstract class SoftmaxCrossEntropyTests extends OpTests {
  private static final Options PLAIN = Options.defaults();

  /**
   * Rows, classes, columns; 16 bytes are 4 or 8 columns. Rows that start on 16 bytes go to the
   * kernel that holds them in registers (a warp has 512 vectors of a row), others to the general
   * one (256), as do all when they do not start there.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1}, // one class
    {3, 2, 2}, // two
    {5, 33, 33}, // no row but the first starts on 16 bytes
    {7, 129, 129},
    {2, 2051, 2051}, // several warps, by elements
    {65, 64, 64}, // some lanes of a warp
    {4, 256, 256}, // exactly one vector for each lane of a warp, or two
    {2, 5, 8}, // ends within the first vector
    {3, 257, 264}, // ends within the first vector of the second or third slot
    {2, 2052, 2080}, // a second warp; ends within a vector, or pads whole ones only
    {2, 4099, 4104}, // likewise of 16-bit types
    {2, 8200, 8200}, // several parts
    {1, 262_144, 262_144}, // the widest promised, in registers and
    {1, 262_145, 262_145}, // by elements
  };

  private static final Options[] OPTIONS = {
    PLAIN.withZLoss(0.01f),
    PLAIN.withLabelSmoothing(0.1f),
    PLAIN.withIgnoreIndex(0).withLabelSmoothing(0.25f).withZLoss(0.01f),
    PLAIN.withSoftCap(2),
    PLAIN.withSoftCap(30).withLabelSmoothing(0.1f).withZLoss(1e-3f),
  };

  @Override
  Stream<OpCase> cases() {
    return Stream.concat(
        TYPES.stream().flatMap(SoftmaxCrossEntropyTests::fused),
        Stream.of(reductions(1), reductions(300)));
  }

  private static Stream<OpCase> fused(DType dtype) {
    Stream<CrossEntropyCase> plain =
        Arrays.stream(SHAPES).map(s -> of(dtype, s, PLAIN.withClasses(s[1])));
    int[][] few = {{5, 33, 33}, {3, 257, 264}, {2, 1003, 1003}};
    Stream<CrossEntropyCase> options =
        Arrays.stream(few)
            .flatMap(
                s ->
                    Arrays.stream(OPTIONS)
                        .map(o -> o.withClasses(s[1]))
                        .flatMap(
                            o ->
                                Stream.of(
                                    of(dtype, s, o),
                                    of(dtype, s, o).weighted().statistics(),
                                    of(dtype, s, o).lossOnly().withoutLse())));
    int[] shape = {9, 250, 256};
    Stream<CrossEntropyCase> forms =
        Stream.of(
            of(dtype, shape, PLAIN).lossOnly(),
            of(dtype, shape, PLAIN).withoutLse(),
            of(dtype, shape, PLAIN).inPlace(),
            of(dtype, shape, PLAIN.withClasses(250)).inPlace().withoutLse(),
            of(dtype, shape, PLAIN).weighted(),
            of(dtype, shape, PLAIN).statistics(),
            of(dtype, shape, OPTIONS[4]).inPlace().statistics().weighted());
    return Stream.of(plain, options, forms).flatMap(s -> s).map(CrossEntropyCase::opCase);
  }

  private static CrossEntropyCase of(DType dtype, int[] shape, Options options) {
    return new CrossEntropyCase(dtype, shape[0], shape[2]).options(options);
  }

  @Override
  Stream<RowCase> rowCases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Stream.of(
                    new CrossEntropyCase(dtype, 9, 33).rowCase("by elements,"),
                    new CrossEntropyCase(dtype, 9, 640).rowCase("in registers,"),
                    new CrossEntropyCase(dtype, 9, 4104).rowCase("by two warps,"),
                    new CrossEntropyCase(dtype, 9, 640)
                        .options(OPTIONS[4])
                        .weighted()
                        .statistics()
                        .rowCase("in shared memory,")));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
            new CrossEntropyCase(DType.F16, 9, 640),
            new CrossEntropyCase(DType.BF16, 9, 33).inPlace(),
            new CrossEntropyCase(DType.F32, 9, 40).options(OPTIONS[4]).statistics().weighted())
        .map(CrossEntropyCase::opCase);
  }

  /** Whole numbers, whose sums are exact; a third of the targets is ignored. */
  private static OpCase reductions(int rows) {
    double[] losses = Samples.integers(1, rows, 50);
    int[] targets = IntStream.range(0, rows).map(i -> i % 3 == 1 ? IGNORED : i % 5).toArray();
    int[] predictions = IntStream.range(0, rows).map(i -> i % 7).toArray();
    double[] weights = {1, 0.5, 2, 4, 0.25};
    int[] counted = IntStream.range(0, rows).filter(i -> targets[i] != IGNORED).toArray();
    double sum = Arrays.stream(counted).mapToDouble(i -> losses[i]).sum();
    double weight = Arrays.stream(counted).mapToDouble(i -> weights[targets[i]]).sum();
    double right = Arrays.stream(counted).filter(i -> targets[i] == predictions[i]).count();
    // An ignored row's loss is 0, and need not be so to add nothing.
    return new OpCase(
            "reductions of " + rows,
            (ops, memory) -> {
              var op = ops.crossEntropy;
              var ids = memory.integers(targets);
              var each = memory.input(DType.F32, losses, rows);
              var w = memory.input(DType.F32, weights, weights.length);
              var s = ops.stream;
              op.reduce(s, memory.output("sum", DType.F32, 1), each, ids, null, PLAIN, false);
              op.reduce(s, memory.output("mean", DType.F32, 1), each, ids, null, PLAIN, true);
              op.reduce(s, memory.output("weighted sum", DType.F32, 1), each, ids, w, PLAIN, false);
              op.reduce(s, memory.output("weighted mean", DType.F32, 1), each, ids, w, PLAIN, true);
              var six = memory.scalar(6);
              op.scale(s, memory.output("scale", DType.F32, 1), ids, null, six, PLAIN);
              op.scale(s, memory.output("weighted scale", DType.F32, 1), ids, w, six, PLAIN);
              var guesses = memory.integers(predictions);
              op.accuracy(s, memory.output("accuracy", DType.F32, 1), guesses, ids, PLAIN);
            })
        .exactly("sum", new double[] {sum})
        .exactly("weighted sum", new double[] {sum})
        .exactly("mean", new double[] {(float) (sum / counted.length)})
        .exactly("weighted mean", new double[] {(float) (sum / weight)})
        .exactly("scale", new double[] {(float) (6.0 / counted.length)})
        .exactly("weighted scale", new double[] {(float) (6.0 / weight)})
        .exactly("accuracy", new double[] {(float) (right / counted.length)});
  }
}
