package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Picking rows copies bits; adding their gradients is exact on whole numbers. */
abstract class EmbeddingTests extends OpTests {
  /**
   * Rows, vocabulary, width. Single; odd; a warp's rows; more rows than entries; two digits of an
   * id; rows of several blocks side by side; three digits and a sort of two blocks; ids of more
   * chunks than the parts that combine them.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {5, 3, 7},
    {64, 256, 32},
    {100, 10, 65},
    {3, 301, 129},
    {9, 4, 1100},
    {1500, 70_000, 2},
    {2500, 3, 8}
  };

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        s ->
                            Stream.of(
                                forward(dtype, s[0], s[1], s[2]),
                                backward(dtype, s[0], s[1], s[2]))));
  }

  /** Strided rows and columns, chunks to combine, and none. */
  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        forward(DType.BF16, 5, 9, 1100),
        forward(DType.F32, 300, 9, 5),
        backward(DType.F32, 9, 4, 1100),
        backward(DType.F16, 700, 3, 264));
  }

  /** The blocks of a sort own keys. */
  @Override
  boolean takesAnyGrid(String kernel) {
    return !kernel.startsWith("embedding_sort");
  }

  private static OpCase forward(DType dtype, int rows, int vocab, int dim) {
    double[] weight = Samples.normal(1, (long) vocab * dim, dtype);
    int[] ids = ids(rows, vocab);
    double[] out = new double[rows * dim];
    Arrays.setAll(out, i -> weight[ids[i / dim] * dim + i % dim]);
    return new OpCase(
            "forward %s, %d of %d x %d".formatted(dtype.suffix(), rows, vocab, dim),
            (ops, memory) -> {
              StatusWord status = new StatusWord(memory.words("status", 2));
              status.reset(ops.stream);
              ops.embedding.forward(
                  ops.stream,
                  memory.output("out", dtype, rows, dim),
                  memory.input(dtype, weight, vocab, dim),
                  memory.integers(ids),
                  status);
              status.check(ops.stream);
            })
        .exactly("out", out);
  }

  private static OpCase backward(DType dtype, int rows, int vocab, int dim) {
    double[] dOut = Samples.integers(1, (long) rows * dim, 9);
    double[] before = Samples.integers(2, (long) vocab * dim, 9);
    int[] ids = ids(rows, vocab);
    double[] after = before.clone();
    for (int i = 0; i < dOut.length; i++) {
      after[ids[i / dim] * dim + i % dim] += dOut[i];
    }
    return new OpCase(
            "backward %s, %d of %d x %d".formatted(dtype.suffix(), rows, vocab, dim),
            (ops, memory) -> backward(ops, memory, dtype, before, dOut, ids, dim, -1))
        .exactly("dWeight", after);
  }

  /** Launches backward; the words of the status are an output beside dWeight. */
  private static StatusWord backward(
      OpBench ops,
      GuardedMemory memory,
      DType dtype,
      double[] before,
      double[] dOut,
      int[] ids,
      int dim,
      int padding) {
    Tensor dWeight = memory.updated("dWeight", DType.F32, before, before.length / dim, dim);
    StatusWord status = new StatusWord(memory.words("status", 2));
    status.reset(ops.stream);
    ops.embedding.backward(
        ops.stream,
        dWeight,
        memory.scratch(DType.F32, Embedding.workspaceShape(dWeight.shape(), ids.length).extents()),
        memory.input(dtype, dOut, ids.length, dim),
        memory.integers(ids),
        padding,
        status);
    return status;
  }

  private double[] gradient(DType dtype, double[] before, double[] dOut, int[] ids, int dim) {
    OpCase op =
        new OpCase(
            "gradient", (ops, memory) -> backward(ops, memory, dtype, before, dOut, ids, dim, -1));
    return output(run(bench(), op, 0), "dWeight").values();
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void badIdsMakeNanRowsAddNothingAndTheLowestIsReported(DType dtype) {
    OpBench ops = bench();
    int[] ids = {2, 0, -5, 1, 3};
    double[] weight = {1, 2, 3, 4, 5, 6};
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      StatusWord status = new StatusWord(memory.words("forward status", 2));
      status.reset(ops.stream);
      ops.embedding.forward(
          ops.stream,
          memory.output("out", dtype, 5, 2),
          memory.input(dtype, weight, 3, 2),
          memory.integers(ids),
          status);
      double[] dOut = Samples.integers(1, 10, 9);
      StatusWord backward = backward(ops, memory, dtype, new double[6], dOut, ids, 2, -1);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      double nan = Double.NaN;
      assertThat(output(outputs, "out").values())
          .containsExactly(5, 6, 1, 2, nan, nan, 3, 4, nan, nan);
      assertThat(output(outputs, "dWeight").values())
          .containsExactly(dOut[2], dOut[3], dOut[6], dOut[7], dOut[0], dOut[1]);
      assertThatThrownBy(() -> status.check(ops.stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage(
              "embedding_forward_%s: the index in row 2 is -5; allowed are 0 to 2"
                  .formatted(dtype.suffix()));
      assertThatThrownBy(() -> backward.check(ops.stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage(
              "embedding_backward_%s: the index in row 2 is -5; allowed are 0 to 2"
                  .formatted(dtype.suffix()));
    }
  }

  @Test
  void nothingButBadIdsAddsNothing() {
    int[] ids = {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE};
    double[] before = {1, 2, 3};
    assertThat(gradient(DType.F32, before, new double[4], ids, 1)).containsExactly(before);
  }

  @Test
  void rowsOfThePaddingIdAddNothingAndAreNoMistake() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      int[] ids = {1, 0, 1, 2};
      double[] dOut = {8, 1, 16, Double.NaN};
      StatusWord status = backward(ops, memory, DType.F32, new double[3], dOut, ids, 1, 2);
      assertThat(output(memory.finish(), "dWeight").values()).containsExactly(1, 24, 0);
      status.check(ops.stream);
    }
  }

  /** Of 2500 keys a block may own a tile, or several, or more than there are. */
  @ParameterizedTest
  @ValueSource(ints = {1024, 2048, 5120})
  void theSortIsStableHoweverManyKeysABlockOwns(int keysPerBlock) {
    int padding = 7;
    int[] ids = ids(2500, 1000);
    ids[1100] = -1;
    int[] stable =
        IntStream.range(0, ids.length)
            .filter(row -> ids[row] >= 0 && ids[row] != padding)
            .boxed()
            .sorted(Comparator.comparingInt(row -> ids[row]))
            .mapToInt(row -> row)
            .toArray();
    try (GuardedMemory memory = new GuardedMemory(bench().device, bench().stream, 0)) {
      int[] order = EmbeddingSort.order(bench(), memory, ids, padding, keysPerBlock);
      assertThat(Arrays.copyOf(order, stable.length)).isEqualTo(stable);
      memory.finish();
    }
  }

  /** Around a chunk of 64 rows and around the eight parts that share chunks. */
  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 127, 128, 511, 512, 513, 1100})
  void oneIdInAllRowsIsAddedUpInTheStatedOrder(int rows) {
    double[] dOut = Samples.normal(3, rows, DType.F32);
    int[] ids = new int[rows];
    float expected = 0.25f + RowSums.of(dOut);
    assertThat(gradient(DType.F32, new double[] {0.25}, dOut, ids, 1)).containsExactly(expected);
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void theBitsOfAnIdsGradientDependOnItsOwnRowsAlone(DType dtype) {
    int dim = 24;
    int rows = 700;
    double[] dOut = Samples.normal(5, (long) rows * dim, dtype);
    // Every other row has id 2: more than five chunks, far from the front and the end.
    int[] ids = IntStream.range(0, rows).map(row -> row % 2 == 0 ? 2 : row % 5).toArray();
    double[] together = gradient(dtype, new double[5 * dim], dOut, ids, dim);
    int[] own = IntStream.range(0, rows).filter(row -> ids[row] == 2).toArray();
    double[] ownRows = new double[own.length * dim];
    Arrays.setAll(ownRows, i -> dOut[own[i / dim] * dim + i % dim]);
    double[] alone = gradient(dtype, new double[dim], ownRows, new int[own.length], dim);
    assertThat(alone).containsExactly(Samples.rows(together, 2, 1, dim));
    for (int column = 0; column < dim; column++) {
      int at = column;
      double[] numbers =
          IntStream.range(0, own.length).mapToDouble(i -> ownRows[i * dim + at]).toArray();
      assertThat(alone[column]).isEqualTo(RowSums.of(numbers));
    }
  }

  /** Elements are copied and added up one by one or by fours and eights: to the same bits. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void bitsDoNotDependOnAlignment(DType dtype) {
    int rows = 70;
    int dim = 16;
    int[] ids = ids(rows, 2);
    double[] weight = Samples.normal(1, 2L * dim, dtype);
    double[] dOut = Samples.normal(2, (long) rows * dim, dtype);
    OpCase op =
        new OpCase(
            "both",
            (ops, memory) -> {
              backward(ops, memory, dtype, new double[2 * dim], dOut, ids, dim, -1);
              StatusWord status = new StatusWord(memory.words("forward status", 2));
              ops.embedding.forward(
                  ops.stream,
                  memory.output("out", dtype, rows, dim),
                  memory.input(dtype, weight, 2, dim),
                  memory.integers(ids),
                  status);
            });
    Map<String, GuardedMemory.Output> aligned = run(bench(), op, 0);
    for (int shift = 1; shift < 16 / dtype.byteSize(); shift++) {
      Map<String, GuardedMemory.Output> shifted = run(bench(), op, shift);
      for (String name : List.of("out", "dWeight")) {
        assertThat(output(shifted, name).bytes()).isEqualTo(output(aligned, name).bytes());
      }
    }
  }

  /**
   * A table of 2³³ elements of which one row exists: its address is that row's less what comes
   * before it. Offsets cut to 32 bits would miss the row and fault.
   */
  @Test
  void aRowMoreThan2To31ElementsIntoTheTableIsFound() {
    OpBench ops = bench();
    int id = 1 << 26;
    int dim = 128;
    int place = 1 << 25; // of the row in dOut, whose rows before do not exist either
    double[] row = Samples.normal(1, dim, DType.F32);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor weight = memory.input(DType.F32, row, 1, dim);
      Tensor out = memory.output("out", DType.F32, 1, dim);
      Tensor status = memory.words("status", 2);
      KernelArgs forward =
          new KernelArgs()
              .int64(out.address())
              .int64(weight.address() - 4L * id * dim)
              .int64(memory.integers(id).address())
              .int64(1)
              .int64(id + 1L)
              .int64(dim)
              .int64(status.address());
      Launch launch = TableLaunch.of(1, dim, 4).launch();
      ops.stream.launch(ops.library.kernel("embedding", "embedding_forward_f32"), launch, forward);

      Tensor dWeight = memory.updated("dWeight", DType.F32, new double[dim], 1, dim);
      KernelArgs gather =
          new KernelArgs()
              .int64(dWeight.address() - 4L * id * dim)
              .nullAddress()
              .int64(weight.address() - 4L * place * dim)
              .int64(memory.integers(id).address())
              .int64(memory.integers(place).address())
              .int64(memory.integers(0).address() - 4L * id)
              .int64(memory.integers(1).address() - 4L * id)
              .int64(memory.integers(1).address())
              .int64(dim);
      ops.stream.launch(
          ops.library.kernel("embedding", "embedding_backward_gather_f32"), launch, gather);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(output(outputs, "out").values()).containsExactly(row);
      assertThat(output(outputs, "dWeight").values()).containsExactly(row);
      assertThat(output(outputs, "status").values()).containsExactly(0, 0);
    }
  }

  /** First and last entry included, where there is room. */
  private static int[] ids(int rows, int vocab) {
    int[] ids = new SplittableRandom(7).ints(rows, 0, vocab).toArray();
    ids[0] = vocab - 1;
    ids[rows - 1] = 0;
    return ids;
  }
}
