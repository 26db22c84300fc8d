package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Picking rows copies bits; adding their gradients is exact on whole numbers. */
abstract class EmbeddingTests extends OpTests {
  /**
   * Rows, vocabulary, width: single; odd; more rows than entries; a ragged last block of entries.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1}, {5, 3, 7}, {64, 256, 32}, {100, 10, 65}, {3, 301, 129}
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
            (ops, memory) ->
                ops.embedding.backward(
                    ops.stream,
                    memory.updated("dWeight", DType.F32, before, vocab, dim),
                    memory.input(dtype, dOut, rows, dim),
                    memory.integers(ids)))
        .exactly("dWeight", after);
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void badIdsMakeNanRowsAddNothingAndTheLowestIsReported(DType dtype) {
    OpBench ops = bench();
    int[] ids = {2, 0, -5, 1, 3};
    double[] weight = {1, 2, 3, 4, 5, 6};
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      StatusWord status = new StatusWord(memory.words("status", 2));
      status.reset(ops.stream);
      Tensor deviceIds = memory.integers(ids);
      ops.embedding.forward(
          ops.stream,
          memory.output("out", dtype, 5, 2),
          memory.input(dtype, weight, 3, 2),
          deviceIds,
          status);
      ops.embedding.backward(
          ops.stream,
          memory.updated("dWeight", DType.F32, new double[6], 3, 2),
          memory.input(dtype, Samples.integers(1, 10, 9), 5, 2),
          deviceIds);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      double nan = Double.NaN;
      assertThat(output(outputs, "out").values())
          .containsExactly(5, 6, 1, 2, nan, nan, 3, 4, nan, nan);
      double[] dOut = Samples.integers(1, 10, 9);
      assertThat(output(outputs, "dWeight").values())
          .containsExactly(dOut[2], dOut[3], dOut[6], dOut[7], dOut[0], dOut[1]);
      assertThatThrownBy(() -> status.check(ops.stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage(
              "embedding_forward_%s: the index in row 2 is -5; allowed are 0 to 2"
                  .formatted(dtype.suffix()));
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
