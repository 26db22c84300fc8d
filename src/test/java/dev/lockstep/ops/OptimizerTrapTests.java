package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel.Settings;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where optimisers elsewhere went wrong: each test is a mistake somebody made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OptimizerTrapTests {
  private static final Settings SETTINGS = Settings.adamW(0.9f, 0.999f, 1e-8f);
  private static final float RATE = 0.01f;

  private OpBench ops;

  abstract Device open();

  @BeforeAll
  void openDevice() {
    ops = new OpBench(open());
  }

  @AfterAll
  void closeDevice() {
    ops.close();
  }

  /** Which element of its buffer each tensor begins at. */
  private record Offsets(int master, int first, int second, int gradient, int copy) {}

  private byte[][] step(DType gradientType, DType copyType, int count, Offsets at) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor master = placed(memory, "master", DType.F32, count, at.master(), 1);
      Tensor first = placed(memory, "first", DType.F32, count, at.first(), 2);
      Tensor second = placed(memory, "second", DType.F32, count, at.second(), 0);
      Tensor gradient = placed(memory, "gradient", gradientType, count, at.gradient(), 3);
      Tensor copy = placed(memory, "copy", copyType, count, at.copy(), 4);
      List<ParameterTable.Entry> entries =
          List.of(new ParameterTable.Entry(master, gradient, copy, List.of(first, second), 0.1f));
      ops.adam.step(ops.stream, table(memory, entries), SETTINGS, newState(memory));
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      byte[][] bytes = {
        bytes(outputs, "master", at.master()),
        bytes(outputs, "first", at.first()),
        bytes(outputs, "second", at.second()),
        bytes(outputs, "copy", at.copy())
      };
      return bytes;
    }
  }

  /** A view behind {@code offset} zeros, which must stay zeros. */
  private static Tensor placed(
      GuardedMemory memory, String name, DType dtype, int count, int offset, int seed) {
    double[] values = new double[offset + count];
    double[] own =
        seed == 0
            ? Arrays.stream(Samples.normal(9, count, DType.F32)).map(v -> v * v).toArray()
            : Samples.normal(seed, count, dtype);
    System.arraycopy(own, 0, values, offset, count);
    return memory.updated(name, dtype, values, values.length).slice(offset, count);
  }

  private static byte[] bytes(Map<String, GuardedMemory.Output> outputs, String name, int offset) {
    GuardedMemory.Output output = Objects.requireNonNull(outputs.get(name));
    int from = offset * output.tensor().dtype().byteSize();
    assertThat(Arrays.copyOf(output.bytes(), from)).as("before " + name).isEqualTo(new byte[from]);
    return Arrays.copyOfRange(output.bytes(), from, output.bytes().length);
  }

  private static ParameterTable table(
      GuardedMemory memory, OpBench ops, List<ParameterTable.Entry> entries) {
    Tensor storage = memory.scratch(DType.I32, ParameterTable.storageShape(entries).extents());
    return new ParameterTable(ops.stream, storage, entries);
  }

  private ParameterTable table(GuardedMemory memory, List<ParameterTable.Entry> entries) {
    return table(memory, ops, entries);
  }

  private StepState newState(GuardedMemory memory) {
    StepState state =
        new StepState(ops.library, memory.words("state", (int) StepState.SHAPE.count()));
    state.reset(ops.stream);
    state.setLearningRate(ops.stream, RATE);
    return state;
  }

  /** With and without a common head before the first aligned group; copies alone out of step. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0, 0",
    "1, 1, 1, 1, 1",
    "3, 3, 3, 3, 3",
    "1, 5, 1, 1, 5",
    "1, 2, 3, 4, 5",
    "0, 0, 0, 1, 0",
    "0, 0, 0, 0, 1",
    "0, 1, 0, 0, 0",
    "2, 2, 2, 2, 4"
  })
  void alignmentChangesNoBit(int master, int first, int second, int gradient, int copy) {
    Offsets offsets = new Offsets(master, first, second, gradient, copy);
    for (int count : new int[] {1, 2, 5, 2100}) {
      byte[][] expected = step(DType.BF16, DType.F16, count, new Offsets(0, 0, 0, 0, 0));
      assertThat(step(DType.BF16, DType.F16, count, offsets)).isDeepEqualTo(expected);
      byte[][] narrow = step(DType.F32, DType.BF16, count, new Offsets(0, 0, 0, 0, 0));
      assertThat(step(DType.F32, DType.BF16, count, offsets)).isDeepEqualTo(narrow);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void theGridChangesNoBit(int blocks) {
    int count = 70_000;
    double[][] results = new double[2][];
    for (int run = 0; run < 2; run++) {
      try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
        Tensor master = memory.updated("m", DType.F32, Samples.normal(1, count, DType.F32), count);
        Tensor gradient = memory.input(DType.F16, Samples.normal(2, count, DType.F16), count);
        List<ParameterTable.Entry> entries =
            List.of(new ParameterTable.Entry(master, gradient, null, List.of(), 0.1f));
        ParameterTable table = table(memory, entries);
        StepState state = newState(memory);
        if (run == 0) {
          ops.sgd.step(ops.stream, table, new SgdKernel.Settings(0, 0, false), state);
        } else {
          launchSgd(table.storage(), table.size(), table.chunks(), state, blocks);
        }
        results[run] = Objects.requireNonNull(memory.finish().get("m")).values();
      }
    }
    assertThat(results[1]).containsExactly(results[0]);
  }

  private void launchSgd(Tensor table, int parameters, long chunks, StepState state, int blocks) {
    Kernel kernel = ops.library.kernel("optimizer", "sgd_step");
    KernelArgs args =
        new KernelArgs()
            .address(table.buffer(), table.byteOffset())
            .address(table.buffer(), table.byteOffset() + 64L * parameters)
            .int64(chunks)
            .address(state.storage().buffer(), state.storage().byteOffset());
    ops.stream.launch(kernel, Launch.of(blocks, ChunkLaunch.OPTIMIZER_THREADS), args);
  }

  /**
   * llm.c and apex count elements in 32 bits. Of a parameter this long only the last chunk is
   * there.
   */
  @Test
  void chunksBeyondTwoToThe31ElementsAreFound() {
    long start = 1L << 31;
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor master = memory.updated("master", DType.F32, new double[] {1, 2, 3, 4, 5}, 5);
      Tensor gradient = memory.input(DType.BF16, new double[] {100, 100, 100, 100, 100}, 5);
      Tensor storage = memory.scratch(DType.I32, 18);
      long base = storage.address();
      long[] table = new long[9];
      table[0] = master.address() - start * Float.BYTES - base;
      table[3] = gradient.address() - start * Short.BYTES - base;
      table[5] = start + 5;
      table[6] = (2L + 4 * TableWriter.ABSENT) << 32;
      table[8] = start / TableWriter.CHUNK << 32;
      int[] words = new int[18];
      Arrays.setAll(words, i -> (int) (table[i / 2] >>> 32 * (i % 2)));
      storage.copyFrom(ops.stream, words);
      launchSgd(storage, 1, 1, newState(memory), 1);
      double[] got = Objects.requireNonNull(memory.finish().get("master")).values();
      for (int i = 0; i < 5; i++) {
        assertThat(got[i]).isEqualTo((float) (i + 1 - (double) RATE * 100));
      }
    }
  }

  /** No 110 tensors at most, as elsewhere; each parameter has its own decay. */
  @Test
  void aThousandParametersEachWithItsOwnDecayAreOneLaunch() {
    int parameters = 1000;
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] ones = new double[3 * parameters];
      Arrays.fill(ones, 1);
      Tensor masters = memory.updated("masters", DType.F32, ones, ones.length);
      Tensor gradients = memory.input(DType.BF16, new double[3 * parameters], 3 * parameters);
      List<ParameterTable.Entry> entries = new ArrayList<>();
      for (int i = 0; i < parameters; i++) {
        entries.add(
            new ParameterTable.Entry(
                masters.slice(3L * i, 3), gradients.slice(3L * i, 3), null, List.of(), i % 7));
      }
      ops.sgd.step(
          ops.stream,
          table(memory, entries),
          new SgdKernel.Settings(0, 0, false),
          newState(memory));
      double[] got = Objects.requireNonNull(memory.finish().get("masters")).values();
      for (int i = 0; i < got.length; i++) {
        float expected = (float) (1 - (double) RATE * (i / 3 % 7));
        assertThat(got[i]).isEqualTo(expected);
      }
    }
  }

  /** The denominator is eps alone, and 0 / eps is 0: no NaN, no sign lost. */
  @Test
  void zeroGradientsAndMomentsLeaveAWeightAlone() {
    double[] weights = {1, -0.0, 0, 1e-40, -3e38};
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor master = memory.updated("master", DType.F32, weights, 5);
      Tensor gradient = memory.input(DType.F32, new double[] {0, 0, -0.0, 0, -0.0}, 5);
      Tensor first = memory.updated("first", DType.F32, new double[5], 5);
      Tensor second = memory.updated("second", DType.F32, new double[5], 5);
      List<ParameterTable.Entry> entries =
          List.of(new ParameterTable.Entry(master, gradient, null, List.of(first, second), 0));
      ops.adam.step(ops.stream, table(memory, entries), SETTINGS, newState(memory));
      double[] got = Objects.requireNonNull(memory.finish().get("master")).values();
      for (int i = 0; i < weights.length; i++) {
        assertThat(Math.abs(got[i])).isEqualTo(Math.abs((double) (float) weights[i]));
      }
    }
  }

  /** The first step of Adam goes by the learning rate, whatever the size of the gradient. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-6, 1e-3, 1, 1e6, 1e15})
  void theFirstStepOfAdamIsTheLearningRate(double magnitude) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor master = memory.updated("master", DType.F32, new double[2], 2);
      Tensor gradient = memory.input(DType.F32, new double[] {magnitude, -magnitude}, 2);
      Tensor first = memory.updated("first", DType.F32, new double[2], 2);
      Tensor second = memory.updated("second", DType.F32, new double[2], 2);
      List<ParameterTable.Entry> entries =
          List.of(new ParameterTable.Entry(master, gradient, null, List.of(first, second), 0));
      Settings tiny = Settings.adamW(0.9f, 0.999f, 1e-20f);
      ops.adam.step(ops.stream, table(memory, entries), tiny, newState(memory));
      double[] got = Objects.requireNonNull(memory.finish().get("master")).values();
      // Ten roundings of fp32 at most, two of them of approximate instructions.
      assertThat(got[0] / -RATE).isBetween(1 - 1e-6, 1 + 1e-6);
      assertThat(got[1]).isEqualTo(-got[0]);
    }
  }
}
