package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What fusing elementwise work into a matrix product saves, counted against our own product and our
 * own elementwise kernels after it; and that neither the results nor the rest of the traffic
 * differ.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FusionTests {
  /** Of the large tiles, whole ones. */
  private static final Size LARGE = new Size(DType.BF16, 128, 512, 256);

  private OpBench bench;

  /** Results of m × n that are sums of k products, all of one type. */
  private record Size(DType dtype, int m, int n, int k) {
    long result() {
      return (long) m * n * dtype.byteSize();
    }
  }

  /** Bytes asked for, in whole sectors, by all launches of a call; and what it wrote. */
  private record Run(
      long read, long written, long instructions, Map<String, GuardedMemory.Output> outputs) {
    byte[] bits(String name) {
      return OpTests.output(outputs, name).bytes();
    }
  }

  @BeforeAll
  void open() {
    bench = new OpBench(Devices.open("sim", DeviceOptions.defaults()).device());
  }

  @AfterAll
  void close() {
    bench.close();
  }

  @Test
  void anActivationInForwardSavesAWriteAndAReadOrIfItsArgumentIsKeptARead() {
    Run inference = run(forward(LARGE, Activation.GELU_TANH, false));
    Run training = run(forward(LARGE, Activation.GELU_TANH, true));
    Run separate = run(separateForward(LARGE, Activation.GELU_TANH));
    long mn = LARGE.result();
    assertThat(separate.written()).isEqualTo(2 * mn);
    assertThat(inference.written()).isEqualTo(mn);
    assertThat(training.written()).isEqualTo(2 * mn);
    assertThat(separate.read() - inference.read()).isEqualTo(mn);
    assertThat(separate.read() - training.read()).isEqualTo(mn);
    assertThat(inference.instructions()).isLessThan(separate.instructions());
    assertThat(training.bits("out"))
        .isEqualTo(inference.bits("out"))
        .isEqualTo(separate.bits("out"));
    assertThat(training.bits("pre")).isEqualTo(separate.bits("pre"));
  }

  @Test
  void anActivationAndABiasInBackwardSaveAWriteAndTwoReads() {
    Run fused = run(backward(LARGE, Activation.GELU_TANH));
    Run separate = run(separateBackward(LARGE, Activation.GELU_TANH));
    long mn = LARGE.result();
    // One row of tiles leaves one row of sums, written and read in place of the gradient.
    long sums = 4L * LARGE.n();
    assertThat(separate.written() - fused.written()).isEqualTo(mn - sums);
    assertThat(separate.read() - fused.read()).isEqualTo(2 * mn - sums);
    assertThat(fused.instructions()).isLessThan(separate.instructions());
    assertThat(fused.bits("dZ")).isEqualTo(separate.bits("dZ"));
  }

  @Test
  void aGateInForwardReadsNeitherOfItsFactors() {
    Run fused = run(gateForward(LARGE, Activation.SILU));
    Run separate = run(separateGateForward(LARGE, Activation.SILU));
    long mn = LARGE.result();
    long weights = 2L * LARGE.n() * LARGE.k() * 2;
    long x = (long) LARGE.m() * LARGE.k() * 2;
    // Tiles of 64 columns: each reads x, once for both products.
    assertThat(fused.read()).isEqualTo(weights + LARGE.n() / 64 * x);
    assertThat(fused.written()).isEqualTo(separate.written()).isEqualTo(3 * mn);
    assertThat(separate.read() - fused.read()).isEqualTo(2 * mn);
    assertThat(fused.instructions()).isLessThan(separate.instructions());
    for (String name : List.of("gate", "up", "h")) {
      assertThat(fused.bits(name)).as(name).isEqualTo(separate.bits(name));
    }
  }

  @Test
  void aGateInBackwardNeverWritesTheGradientOfItsProduct() {
    Run fused = run(gateBackward(LARGE, Activation.SILU));
    Run separate = run(separateGateBackward(LARGE, Activation.SILU));
    long mn = LARGE.result();
    long sums = 4L * LARGE.n();
    assertThat(separate.written() - fused.written()).isEqualTo(mn - 2 * sums);
    assertThat(separate.read() - fused.read()).isEqualTo(3 * mn - 2 * sums);
    assertThat(fused.instructions()).isLessThan(separate.instructions());
  }

  @ParameterizedTest
  @EnumSource
  void everyActivationFusedGivesTheBitsItGivesAlone(Activation activation) {
    for (Size size : sizes().toList()) {
      Run fused = run(forward(size, activation, true));
      Run separate = run(separateForward(size, activation));
      assertThat(fused.bits("pre")).as("pre of %s", size).isEqualTo(separate.bits("pre"));
      assertThat(fused.bits("out")).as("out of %s", size).isEqualTo(separate.bits("out"));
      assertThat(run(backward(size, activation)).bits("dZ"))
          .as("dZ of %s", size)
          .isEqualTo(run(separateBackward(size, activation)).bits("dZ"));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LEAKY_RELU")
  void everyGateFusedGivesTheBitsItGivesAlone(Activation activation) {
    for (Size size : sizes().toList()) {
      Run fused = run(gateForward(size, activation));
      Run separate = run(separateGateForward(size, activation));
      for (String name : List.of("gate", "up", "h")) {
        assertThat(fused.bits(name)).as("%s of %s", name, size).isEqualTo(separate.bits(name));
      }
      Run fusedBackward = run(gateBackward(size, activation));
      Run separateBackward = run(separateGateBackward(size, activation));
      for (String name : List.of("dGate", "dUp", "h")) {
        assertThat(fusedBackward.bits(name))
            .as("%s of %s", name, size)
            .isEqualTo(separateBackward.bits(name));
      }
    }
  }

  /** All types in the small tiles, cut and without vectors; and a cut large one. */
  static Stream<Size> sizes() {
    return Stream.of(
        new Size(DType.F32, 5, 36, 20),
        new Size(DType.F16, 3, 37, 24),
        new Size(DType.BF16, 5, 40, 24),
        new Size(DType.BF16, 9, 520, 256));
  }

  /** The order of a bias's sums depends on the shape alone, not on what else is fused. */
  @ParameterizedTest
  @MethodSource("sizes")
  void theSumsOfABiasAreThoseOfTheGradientAsItIsStored(Size size) {
    Run fused = run(backward(size, Activation.SILU));
    double[] sums = OpTests.output(fused.outputs(), "dBias").values();
    double[] exact =
        Naive.columnSums(OpTests.output(fused.outputs(), "dZ").values(), size.m(), size.n());
    double largest = Samples.largest(OpTests.output(fused.outputs(), "dZ").values());
    for (int i = 0; i < exact.length; i++) {
      // At most m - 1 additions, each off by half an ulp of sums below m times the largest.
      assertThat(sums[i]).isCloseTo(exact[i], within(size.m() * size.m() * largest * 0x1p-24));
    }
  }

  private static OpCase.Call forward(Size s, Activation activation, boolean keep) {
    return (ops, memory) ->
        ops.linear.forward(
            ops.stream,
            memory.output("out", s.dtype(), s.m(), s.n()),
            keep ? memory.output("pre", s.dtype(), s.m(), s.n()) : null,
            memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
            memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.n(), s.k()),
            null,
            null,
            activation);
  }

  private static OpCase.Call separateForward(Size s, Activation activation) {
    return (ops, memory) -> {
      var pre = memory.output("pre", s.dtype(), s.m(), s.n());
      ops.linear.forward(
          ops.stream,
          pre,
          null,
          memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
          memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.n(), s.k()),
          null,
          null,
          Activation.NONE);
      ops.activations.forward(
          ops.stream,
          memory.output("out", s.dtype(), s.m(), s.n()),
          pre,
          activation,
          Activation.DEFAULT_SLOPE);
    };
  }

  private static OpCase.Call backward(Size s, Activation activation) {
    return (ops, memory) ->
        ops.linear.backwardInput(
            ops.stream,
            memory.output("dZ", s.dtype(), s.m(), s.n()),
            memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
            memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.k(), s.n()),
            memory.input(s.dtype(), normal(s, 3, s.m() * s.n()), s.m(), s.n()),
            activation,
            Activation.DEFAULT_SLOPE,
            bias(memory, "dBias", s));
  }

  private static OpCase.Call separateBackward(Size s, Activation activation) {
    return (ops, memory) -> {
      var dH = memory.output("dH", s.dtype(), s.m(), s.n());
      var dZ = memory.output("dZ", s.dtype(), s.m(), s.n());
      ops.linear.backwardInput(
          ops.stream,
          dH,
          memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
          memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.k(), s.n()));
      ops.activations.backward(
          ops.stream,
          dZ,
          dH,
          memory.input(s.dtype(), normal(s, 3, s.m() * s.n()), s.m(), s.n()),
          activation,
          Activation.DEFAULT_SLOPE);
      ops.linear.backwardBias(
          ops.stream, memory.updated("dBias", DType.F32, new double[s.n()], s.n()), dZ);
    };
  }

  private static OpCase.Call gateForward(Size s, Activation activation) {
    return (ops, memory) ->
        ops.swiGlu.forward(
            ops.stream,
            memory.output("h", s.dtype(), s.m(), s.n()),
            memory.output("gate", s.dtype(), s.m(), s.n()),
            memory.output("up", s.dtype(), s.m(), s.n()),
            memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
            memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.n(), s.k()),
            memory.input(s.dtype(), normal(s, 3, s.n() * s.k()), s.n(), s.k()),
            null,
            null,
            activation);
  }

  private static OpCase.Call separateGateForward(Size s, Activation activation) {
    return (ops, memory) -> {
      var gate = memory.output("gate", s.dtype(), s.m(), s.n());
      var up = memory.output("up", s.dtype(), s.m(), s.n());
      var x = memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k());
      var wGate = memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.n(), s.k());
      var wUp = memory.input(s.dtype(), normal(s, 3, s.n() * s.k()), s.n(), s.k());
      ops.linear.forward(ops.stream, gate, null, x, wGate, null, null, Activation.NONE);
      ops.linear.forward(ops.stream, up, null, x, wUp, null, null, Activation.NONE);
      ops.swiGlu.gluForward(
          ops.stream, memory.output("h", s.dtype(), s.m(), s.n()), gate, up, activation);
    };
  }

  private static OpCase.Call gateBackward(Size s, Activation activation) {
    return (ops, memory) ->
        ops.swiGlu.backward(
            ops.stream,
            memory.output("dGate", s.dtype(), s.m(), s.n()),
            memory.output("dUp", s.dtype(), s.m(), s.n()),
            memory.output("h", s.dtype(), s.m(), s.n()),
            memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
            memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.k(), s.n()),
            memory.input(s.dtype(), normal(s, 3, s.m() * s.n()), s.m(), s.n()),
            memory.input(s.dtype(), normal(s, 4, s.m() * s.n()), s.m(), s.n()),
            activation,
            bias(memory, "gateBias", s),
            bias(memory, "upBias", s));
  }

  private static OpCase.Call separateGateBackward(Size s, Activation activation) {
    return (ops, memory) -> {
      var dH = memory.output("dH", s.dtype(), s.m(), s.n());
      var dGate = memory.output("dGate", s.dtype(), s.m(), s.n());
      var dUp = memory.output("dUp", s.dtype(), s.m(), s.n());
      ops.linear.backwardInput(
          ops.stream,
          dH,
          memory.input(s.dtype(), normal(s, 1, s.m() * s.k()), s.m(), s.k()),
          memory.input(s.dtype(), normal(s, 2, s.n() * s.k()), s.k(), s.n()));
      ops.swiGlu.gluBackward(
          ops.stream,
          Rows.of(dGate),
          Rows.of(dUp),
          Rows.of(memory.output("h", s.dtype(), s.m(), s.n())),
          Rows.of(dH),
          Rows.of(memory.input(s.dtype(), normal(s, 3, s.m() * s.n()), s.m(), s.n())),
          Rows.of(memory.input(s.dtype(), normal(s, 4, s.m() * s.n()), s.m(), s.n())),
          Gate.of(activation));
      ops.linear.backwardBias(
          ops.stream, memory.updated("gateBias", DType.F32, new double[s.n()], s.n()), dGate);
      ops.linear.backwardBias(
          ops.stream, memory.updated("upBias", DType.F32, new double[s.n()], s.n()), dUp);
    };
  }

  private static BiasGradient bias(GuardedMemory memory, String name, Size s) {
    return memory.biasGradient(name, s.dtype(), new double[s.n()], s.m(), s.k());
  }

  private static double[] normal(Size s, long seed, long count) {
    return Samples.normal(seed, count, s.dtype());
  }

  private Run run(OpCase.Call call) {
    KernelCounters counters = bench.device.capability(KernelCounters.class).orElseThrow();
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      // Kernels are counted from the first launch on; copies are no launches.
      counters.start();
      call.run(bench, memory);
      bench.stream.synchronize();
      List<LaunchCounts> launches = counters.stop();
      Counts.Builder sum = new Counts.Builder();
      launches.forEach(launch -> sum.add(launch.totals()));
      Counts counts = sum.build();
      return new Run(
          32 * counts.sum(Counter.GLOBAL_LOAD_SECTORS, Counter.GLOBAL_COPY_SECTORS),
          32 * counts.get(Counter.GLOBAL_STORE_SECTORS),
          counts.get(Counter.INSTRUCTIONS),
          memory.finish());
    }
  }
}
