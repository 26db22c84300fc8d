package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kernels that take aligned elements one by one ask for each 32-byte sector once: every warp's
 * accesses are side by side. Scalars and sums of chunks, which each warp reads or writes alone, may
 * add a twentieth.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ElementwiseTrafficTests {
  /** A whole number of chunks and vectors: two chunks. */
  private static final int COUNT = 16_384;

  private OpBench bench;

  private record Case(String name, OpCase.Call call) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  void open() {
    bench = new OpBench(SimulatedDevices.open(1));
  }

  @AfterAll
  void close() {
    bench.close();
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (DType dtype : OpTests.TYPES) {
      for (DType to : OpTests.TYPES) {
        if (to != dtype) {
          cases.add(
              new Case(
                  "cast " + dtype + " to " + to,
                  (ops, memory) ->
                      ops.cast.cast(
                          ops.stream, memory.output("to", to, COUNT), in(memory, dtype))));
        }
      }
      cases.add(
          new Case(
              "fill " + dtype,
              (ops, memory) -> ops.fill.fill(ops.stream, memory.output("x", dtype, COUNT), 1)));
      cases.add(
          new Case(
              "unscale " + dtype,
              (ops, memory) ->
                  ops.scaling.unscale(
                      ops.stream,
                      memory.updated("x", dtype, new double[COUNT], COUNT),
                      memory.scalar(2))));
      cases.add(new Case("dropout " + dtype, (ops, memory) -> dropout(ops, memory, dtype)));
      cases.add(new Case("bce " + dtype, (ops, memory) -> bce(ops, memory, dtype)));
      cases.add(new Case("mse " + dtype, (ops, memory) -> squaredError(ops, memory, dtype)));
    }
    return cases.stream();
  }

  private static Tensor in(GuardedMemory memory, DType dtype) {
    return memory.input(dtype, Samples.integers(1, COUNT, 1), COUNT);
  }

  private static void dropout(OpBench ops, GuardedMemory memory, DType dtype) {
    DropoutState state = new DropoutState(ops.library, memory.words("state", 4));
    Tensor y = memory.output("y", dtype, COUNT);
    ops.dropout.forward(ops.stream, y, in(memory, dtype), in(memory, dtype), state, 0, 0.5f);
  }

  private static void bce(OpBench ops, GuardedMemory memory, DType dtype) {
    ops.bceWithLogits.reduced(
        ops.stream,
        memory.output("loss", DType.F32, 1),
        memory.output("dLogits", dtype, COUNT),
        memory.scratch(DType.F32, 2),
        in(memory, dtype),
        in(memory, dtype),
        in(memory, dtype),
        null,
        memory.scalar(1),
        true);
  }

  private static void squaredError(OpBench ops, GuardedMemory memory, DType dtype) {
    ops.meanSquaredError.elementwise(
        ops.stream,
        memory.output("losses", dtype, COUNT),
        memory.output("dInput", dtype, COUNT),
        memory.output("dTarget", dtype, COUNT),
        in(memory, dtype),
        in(memory, dtype),
        in(memory, dtype));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everySectorIsAskedForOnce(Case kernels) {
    KernelCounters counters = bench.device.capability(KernelCounters.class).orElseThrow();
    List<LaunchCounts> launches;
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      counters.start();
      try {
        kernels.call().run(bench, memory);
        bench.stream.synchronize();
      } finally {
        launches = counters.stop();
      }
    }
    // What reduces the sums of chunks has nothing to share out.
    Counts totals = launches.getFirst().totals();
    long fewest =
        launches.getFirst().compulsoryLoadBytes() + launches.getFirst().compulsoryStoreBytes();
    long asked =
        32 * (totals.get(Counter.GLOBAL_LOAD_SECTORS) + totals.get(Counter.GLOBAL_STORE_SECTORS));
    assertThat((double) asked / fewest).isBetween(1.0, 1.05);
    assertThat(totals.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(totals.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
  }
}
