package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Elements beyond 2³¹ of a tensor, where an index of 32 bits is at an end. On the simulator the
 * memory between those that are written has no pages.
 */
@Tag("sweep")
class LargeOffsetTests {
  private static final int ROWS = 3;

  /** The third row begins beyond 2³¹ elements. */
  private static final long PITCH = 1L << 30;

  private final OpBench ops = new OpBench(unwatched());
  private final GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0);

  /** The sanitizer would remember every byte. */
  private static Device unwatched() {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(2)).device();
  }

  @AfterEach
  void close() {
    memory.close();
    ops.close();
  }

  /** The tensor of bf16 numbers that has nothing but these rows, {@link #PITCH} apart. */
  private Tensor sparse(DeviceBuffer buffer, double[] values, int cols) {
    Tensor all = Tensor.view(buffer, 0, DType.BF16, Shape.of(ROWS, PITCH));
    for (int row = 0; row < ROWS; row++) {
      all.flatten()
          .slice(row * PITCH, cols)
          .copyFrom(ops.stream, Samples.rows(values, row, 1, cols));
    }
    return all;
  }

  private DeviceBuffer allocate() {
    return ops.device.allocate(Tensor.bytes(DType.BF16, Shape.of(ROWS, PITCH)));
  }

  private double[] rows(Tensor all, int cols) {
    double[] got = new double[ROWS * cols];
    for (int row = 0; row < ROWS; row++) {
      double[] one = all.flatten().slice(row * PITCH, cols).toDoubles(ops.stream);
      System.arraycopy(one, 0, got, row * cols, cols);
    }
    return got;
  }

  /** By vectors and by elements, forward and backward; y and dX in one place after the other. */
  @ParameterizedTest
  @CsvSource({"64, true", "65, true", "64, false", "65, false"})
  void normsReachTheirRows(int cols, boolean layer) {
    NormProblem problem = new NormProblem(layer, ROWS, cols, DType.BF16).plain().solve();
    try (DeviceBuffer x = allocate();
        DeviceBuffer y = allocate()) {
      Rows in = Rows.within(sparse(x, problem.x, cols), ROWS, cols, PITCH);
      Tensor results = sparse(y, problem.x, cols);
      Rows out = Rows.within(results, ROWS, cols, PITCH);
      problem.forward(ops, memory, in, out, in, null);
      assertClose(rows(results, cols), problem.y);
      Rows dY = Rows.of(memory.input(DType.BF16, problem.dY, ROWS, cols));
      problem.backward(ops, memory, out, dY, null, in);
      assertClose(rows(results, cols), problem.dX);
      memory.finish();
    }
  }

  private static void assertClose(double[] got, double[] want) {
    for (int i = 0; i < want.length; i++) {
      // Rounded to bf16, and in the backward pass computed from what was.
      assertThat(got[i]).isCloseTo(want[i], offset(0x1p-7 * Math.max(1, Math.abs(want[i]))));
    }
  }

  /** By vectors and by elements. */
  @ParameterizedTest
  @ValueSource(ints = {64, 65})
  void gatesReachTheirRows(int cols) {
    double[] g = Samples.normal(1, (long) ROWS * cols, DType.BF16);
    double[] u = Samples.normal(2, (long) ROWS * cols, DType.BF16);
    Tensor dense = memory.output("h", DType.BF16, ROWS, cols);
    ops.swiGlu.gluForward(
        ops.stream,
        dense,
        memory.input(DType.BF16, g, ROWS, cols),
        memory.input(DType.BF16, u, ROWS, cols),
        Activation.SILU);
    try (DeviceBuffer gate = allocate();
        DeviceBuffer up = allocate()) {
      Rows gates = Rows.within(sparse(gate, g, cols), ROWS, cols, PITCH);
      Tensor ups = sparse(up, u, cols);
      Rows there = Rows.within(ups, ROWS, cols, PITCH);
      ops.swiGlu.gluForward(ops.stream, there, gates, there, Gate.of(Activation.SILU));
      assertThat(rows(ups, cols)).containsExactly(OpTests.output(memory.finish(), "h").values());
    }
  }

  /** Few classes of rows that long; by both kernels. In short rows, that also start on 16 bytes. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void lossesReachTheirRows(boolean statistics) {
    int classes = 65;
    int cols = 72;
    double[] logits = Samples.normal(1, (long) ROWS * cols, DType.BF16);
    Tensor targets = memory.integers(3, 64, 0);
    StatusWord status = new StatusWord(memory.words("status", 2));
    try (DeviceBuffer buffer = allocate()) {
      Tensor sparse = sparse(buffer, logits, cols);
      Tensor dense = memory.input(DType.BF16, logits, ROWS, cols);
      for (Map.Entry<String, Tensor> run : Map.of("dense", dense, "sparse", sparse).entrySet()) {
        Outputs outputs = Outputs.of(memory.output(run.getKey(), DType.F32, ROWS));
        if (statistics) {
          outputs = outputs.withPredictions(memory.scratch(DType.I32, ROWS));
        }
        ops.crossEntropy.fused(
            ops.stream,
            outputs,
            run.getValue(),
            targets,
            null,
            null,
            null,
            Options.defaults().withClasses(classes),
            status);
      }
      Map<String, GuardedMemory.Output> got = memory.finish();
      assertThat(OpTests.output(got, "sparse").values())
          .containsExactly(OpTests.output(got, "dense").values());
    }
  }

  @Test
  void embeddingsOfIdsThatFarAreFound() {
    int width = 1 << 10;
    long last = ROWS * PITCH / width - 1;
    double[] row = Samples.normal(1, width, DType.BF16);
    try (DeviceBuffer buffer = allocate()) {
      Tensor table = Tensor.view(buffer, 0, DType.BF16, Shape.of(ROWS, PITCH)).flatten();
      table.slice(last * width, width).copyFrom(ops.stream, row);
      Tensor out = memory.output("out", DType.BF16, 2, width);
      ops.embedding.forward(
          ops.stream,
          out,
          Tensor.view(buffer, 0, DType.BF16, Shape.of(last + 1, width)),
          memory.integers((int) last, 5),
          new StatusWord(memory.words("status", 2)));
      double[] want = new double[2 * width];
      System.arraycopy(row, 0, want, 0, width);
      assertThat(OpTests.output(memory.finish(), "out").values()).containsExactly(want);
    }
  }

  /** Every element is read: two thousand million zeros, and the three that count. */
  @Test
  void aNormHasTheElementsThatFar() {
    long count = 2 * PITCH + 5;
    try (DeviceBuffer buffer = ops.device.allocate(Tensor.bytes(DType.BF16, Shape.of(count)))) {
      Tensor gradient = Tensor.view(buffer, 0, DType.BF16, Shape.of(count));
      gradient.slice(0, 1).copyFrom(ops.stream, new double[] {2});
      gradient.slice(PITCH, 1).copyFrom(ops.stream, new double[] {3});
      gradient.slice(count - 1, 1).copyFrom(ops.stream, new double[] {6});
      List<Tensor> tensors = List.of(gradient);
      StepState state =
          new StepState(ops.library, memory.words("state", (int) StepState.SHAPE.count()));
      state.reset(ops.stream);
      Tensor storage = memory.scratch(DType.I32, TensorTable.storageShape(tensors).count());
      Tensor workspace = memory.scratch(DType.F64, GlobalNorm.workspaceShape(tensors).count());
      ops.globalNorm.compute(
          ops.stream,
          state,
          new TensorTable(ops.stream, storage, tensors),
          workspace,
          GlobalNorm.Options.measure());
      assertThat(state.read(ops.stream).norm()).isEqualTo(7);
    }
  }
}
