package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often a row goes through memory, how much is executed for it, and where it may be held. */
class CrossEntropyTrafficTests {
  /**
   * Loads and stores of global memory over the bytes of the logits. 2 for a row held on chip; what
   * 294,912 bytes of registers and shared memory (an A100) do not hold is read once more. Rows held
   * in shared memory alone have 160 KiB.
   */
  @ParameterizedTest
  @CsvSource({
    "BF16, 32000, false, 2.00, 2.03, 12.5",
    "BF16, 128256, false, 2.00, 2.03, 12.7",
    "F32, 32000, false, 2.00, 2.03, 13.5",
    "F32, 128256, false, 2.42, 2.47, 13.7",
    "BF16, 32000, true, 2.00, 2.03, 40",
    "BF16, 128256, true, 2.36, 2.40, 40",
  })
  void rowsMoveTwiceWhereTheyFitOnTheChip(
      DType dtype, int cols, boolean options, double fewest, double most, double instructions) {
    int rows = 2;
    try (OpBench ops = new OpBench(Devices.open("sim", DeviceOptions.defaults()).device());
        GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Outputs outputs =
          Outputs.of(memory.output("losses", DType.F32, rows))
              .withGradient(memory.output("dLogits", dtype, rows, cols));
      Tensor logits = memory.input(dtype, Samples.normal(1, (long) rows * cols, dtype), rows, cols);
      Tensor targets = memory.integers(0, cols - 1);
      Tensor scale = memory.scalar(1);
      StatusWord status = new StatusWord(memory.words("status", 2));
      Options of = Options.defaults().withLabelSmoothing(options ? 0.1f : 0);
      KernelCounters counters = ops.device.capability(KernelCounters.class).orElseThrow();
      counters.start();
      List<LaunchCounts> launches;
      try {
        ops.crossEntropy.fused(ops.stream, outputs, logits, targets, null, scale, null, of, status);
        ops.stream.synchronize();
      } finally {
        launches = counters.stop();
      }
      Counts counts = launches.getFirst().totals();
      double moved = 32.0 * counts.sum(Counter.GLOBAL_LOAD_SECTORS, Counter.GLOBAL_STORE_SECTORS);
      assertThat(moved / logits.bytes()).isBetween(fewest, most);
      double perElement = counts.get(Counter.THREAD_INSTRUCTIONS) / (double) logits.count();
      assertThat(perElement).isLessThan(instructions);
      assertThat(counts.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
      assertThat(counts.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
      assertThat(counts.sum(Counter.LOCAL_LOAD_REQUESTS, Counter.LOCAL_STORE_REQUESTS)).isZero();
    }
  }

  /** A GPU with less shared memory reads more of a row again, and computes the same. */
  @Test
  void whereARowIsHeldChangesNoBit() {
    for (CrossEntropyCase call :
        List.of(
            new CrossEntropyCase(DType.BF16, 1, 131_080),
            new CrossEntropyCase(DType.BF16, 1, 90_001),
            new CrossEntropyCase(DType.BF16, 1, 90_000).statistics())) {
      OpCase op = new OpCase(call.toString(), call.call());
      Map<String, GuardedMemory.Output> much = on("a100", op);
      Map<String, GuardedMemory.Output> little = on("l4", op);
      much.forEach(
          (name, output) ->
              assertThat(OpTests.output(little, name).bytes()).as(name).isEqualTo(output.bytes()));
    }
  }

  private static Map<String, GuardedMemory.Output> on(String gpu, OpCase op) {
    Device device = Devices.open("sim", DeviceOptions.defaults().withGpu(gpu)).device();
    try (OpBench ops = new OpBench(device)) {
      return OpTests.run(ops, op, 0);
    }
  }

  /** The last row starts at element 2³¹; only the classes of rows that count are touched. */
  @Test
  @Tag("sweep") // the device has 4.3 GB
  void rowsBeyond2To31ElementsAreFound() {
    DType dtype = DType.BF16;
    long pitch = 1L << 26;
    int rows = 33;
    int classes = 40;
    int[] targets = new int[rows];
    Arrays.fill(targets, Options.DEFAULT_IGNORE_INDEX);
    targets[rows - 1] = 7;
    try (OpBench ops = new OpBench(Devices.open("sim", DeviceOptions.defaults()).device());
        GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0);
        DeviceBuffer buffer = ops.device.allocate(rows * pitch * dtype.byteSize())) {
      Tensor logits = Tensor.view(buffer, 0, dtype, Shape.of(rows, pitch));
      double[] row = Samples.normal(1, classes, dtype);
      logits.flatten().slice((rows - 1) * pitch, classes).copyFrom(ops.stream, row);
      Tensor losses = memory.output("losses", DType.F32, rows);
      StatusWord status = new StatusWord(memory.words("status", 2));
      status.reset(ops.stream);
      ops.crossEntropy.fused(
          ops.stream,
          Outputs.of(losses),
          logits,
          memory.integers(targets),
          null,
          null,
          null,
          Options.defaults().withClasses(classes),
          status);
      double lse = Math.log(Naive.sum(classes, i -> Math.exp(row[i])));
      assertThat(losses.toDoubles(ops.stream)[rows - 1]).isCloseTo(lse - row[7], within(1e-5));
    }
  }
}
