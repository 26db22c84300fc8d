package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel.Settings;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the kernels over many tensors move and execute, counted: whole sectors, each once, and few
 * instructions. Tensors of 10^5 elements have three whole chunks and a part of one; those of 10^6,
 * which have 30 and a part, execute 0.1 to 0.6 instructions less per element, since the one block
 * that finishes a norm is a smaller share.
 */
class MultiTensorCountsTests {
  private static final int TENSORS = 3;
  private static final long ELEMENTS = 100_000;
  private static final long SECTOR = 32;

  /** Sectors requested may exceed the fewest possible by 2 %: tables, partial sums, ends. */
  private static final double MOST_SECTORS = 1.02;

  private final Device device = Devices.open("sim", DeviceOptions.defaults()).device();
  private final OpBench ops = new OpBench(device);
  private final TensorArena arena = new TensorArena();
  private final StepState state =
      new StepState(ops.library, arena.tensor(StepState.DTYPE, StepState.SHAPE));

  /** What the kernels under test take, in memory. */
  private record Prepared(TensorTable table, Tensor workspace, ParameterTable parameters) {}

  @AfterEach
  void close() {
    arena.close();
    ops.close();
  }

  private Prepared prepare(DType gradientType, DType copyType, int moments) {
    List<Tensor> gradients = new ArrayList<>();
    List<ParameterTable.Entry> entries = new ArrayList<>();
    for (int i = 0; i < TENSORS; i++) {
      Shape shape = Shape.of(ELEMENTS);
      List<Tensor> own = new ArrayList<>();
      for (int m = 0; m < moments; m++) {
        own.add(arena.tensor(DType.F32, shape));
      }
      Tensor master = arena.tensor(DType.F32, shape);
      Tensor gradient = arena.tensor(gradientType, shape);
      Tensor copy = arena.tensor(copyType, shape);
      gradients.add(gradient);
      entries.add(new ParameterTable.Entry(master, gradient, copy, own, 0.1f));
    }
    Tensor list = arena.tensor(DType.I32, TensorTable.storageShape(gradients));
    Tensor slices = arena.tensor(DType.I32, ParameterTable.storageShape(entries));
    Tensor workspace = arena.tensor(DType.F64, GlobalNorm.workspaceShape(gradients));
    arena.allocate(device);
    for (ParameterTable.Entry entry : entries) {
      entry.moments().forEach(moment -> moment.zero(ops.stream));
      ops.fill.fill(ops.stream, entry.master(), 1);
      ops.fill.fill(ops.stream, entry.gradient(), 1);
    }
    state.reset(ops.stream);
    return new Prepared(
        new TensorTable(ops.stream, list, gradients),
        workspace,
        new ParameterTable(ops.stream, slices, entries));
  }

  @ParameterizedTest
  @CsvSource({
    // type, thread instructions per element: for fp32 a load of four, four products and their sums
    "F32, L2, 2.6",
    "BF16, L2, 3.4",
    "F16, L2, 3.9",
    "F32, MAX, 3.3",
    "BF16, MAX, 3.0",
  })
  void theNormReadsEverySectorOnceAndIsNotHeldUpByInstructions(
      DType type, NormType norm, double instructions) {
    Prepared of = prepare(type, type, 0);
    List<LaunchCounts> launches =
        counted(
            () ->
                ops.globalNorm.compute(
                    ops.stream, state, of.table(), of.workspace(), Options.clipTo(1).of(norm)));
    assertThat(launches)
        .extracting(LaunchCounts::kernel)
        .containsExactly("global_norm_partial", "global_norm_finish");
    assertLean(launches, type.byteSize(), instructions);
  }

  @ParameterizedTest
  @CsvSource({
    // gradient, copy, thread instructions per element
    "BF16, BF16, 18",
    "F32, F32, 16.5",
    "F16, BF16, 18.5",
    "F32, BF16, 16.5",
  })
  void anAdamWStepTouchesEverySectorOnceAndIsNotHeldUpByInstructions(
      DType gradient, DType copy, double instructions) {
    Prepared of = prepare(gradient, copy, 2);
    List<LaunchCounts> launches =
        counted(
            () ->
                ops.adam.step(
                    ops.stream, of.parameters(), Settings.adamW(0.9f, 0.999f, 1e-8f), state));
    assertThat(launches)
        .extracting(LaunchCounts::kernel)
        .containsExactly("optimizer_prepare", "adamw_step");
    assertLean(launches, 24 + gradient.byteSize() + copy.byteSize(), instructions);
  }

  @Test
  void anSgdStepTouchesEverySectorOnce() {
    Prepared of = prepare(DType.BF16, DType.BF16, 0);
    SgdKernel.Settings plain = new SgdKernel.Settings(0, 0, false);
    assertLean(
        counted(() -> ops.sgd.step(ops.stream, of.parameters(), plain, state)), 8 + 2 + 2, 8.5);
  }

  @Test
  void aMomentumStepTouchesEverySectorOnce() {
    Prepared of = prepare(DType.BF16, DType.BF16, 1);
    SgdKernel.Settings momentum = new SgdKernel.Settings(0.9f, 0, true);
    assertLean(
        counted(() -> ops.sgd.step(ops.stream, of.parameters(), momentum, state)),
        16 + 2 + 2,
        12.5);
  }

  @Test
  void clippingByValueReadsAndWritesEverySectorOnce() {
    Prepared of = prepare(DType.BF16, DType.BF16, 0);
    assertLean(counted(() -> ops.clipping.byValue(ops.stream, of.table(), 0.5f)), 4, 5.5);
  }

  private void assertLean(List<LaunchCounts> launches, long bytesPerElement, double instructions) {
    Counts.Builder builder = new Counts.Builder();
    launches.forEach(launch -> builder.add(launch.totals()));
    Counts all = builder.build();
    long elements = TENSORS * ELEMENTS;
    long fewest = elements * bytesPerElement / SECTOR;
    long sectors = all.sum(Counter.GLOBAL_LOAD_SECTORS, Counter.GLOBAL_STORE_SECTORS);
    long bytes = all.sum(Counter.GLOBAL_LOAD_DISTINCT_BYTES, Counter.GLOBAL_STORE_DISTINCT_BYTES);
    double perElement = (double) all.get(Counter.THREAD_INSTRUCTIONS_ON) / elements;
    assertThat((double) sectors / fewest).as("sectors").isBetween(1.0, MOST_SECTORS);
    assertThat((double) bytes / (sectors * SECTOR)).as("bytes used").isGreaterThan(0.98);
    assertThat(perElement).as("instructions").isLessThan(instructions);
    assertThat(
            all.sum(
                Counter.SHARED_LOAD_CONFLICTS,
                Counter.SHARED_STORE_CONFLICTS,
                Counter.LOCAL_LOAD_REQUESTS,
                Counter.LOCAL_STORE_REQUESTS))
        .as("bank conflicts and local memory")
        .isZero();
  }

  private List<LaunchCounts> counted(Runnable work) {
    ops.stream.synchronize();
    KernelCounters counters = device.capability(KernelCounters.class).orElseThrow();
    counters.start();
    work.run();
    ops.stream.synchronize();
    return counters.stop();
  }
}
