package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products of tensors without elements. A sum of no terms is 0, to which bias, activation and
 * residual come as to any other; without rows nothing is launched, and gradients stay what they
 * are.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmptyProductTests {
  private static final int M = 5;
  private static final int N = 9;

  private OpBench ops;

  @BeforeAll
  void open() {
    ops = new OpBench(SimulatedDevices.open(2));
  }

  @AfterAll
  void close() {
    ops.close();
  }

  /** Every family of kernels. */
  static Stream<Arguments> families() {
    return Stream.concat(
        OpTests.TYPES.stream().map(type -> Arguments.of(type, MatrixPrecision.FP32)),
        Stream.of(MatrixPrecision.TF32, MatrixPrecision.TF32X3)
            .map(precision -> Arguments.of(DType.F32, precision)));
  }

  /** Among other memory, as a slice would be. */
  private static Tensor empty(GuardedMemory memory, DType dtype, long... extents) {
    Tensor some = memory.scratch(dtype, 16);
    return Tensor.view(some.buffer(), some.byteOffset(), dtype, Shape.possiblyEmpty(extents));
  }

  @ParameterizedTest
  @MethodSource("families")
  void ofAnEmptySumBiasActivationAndResidualRemain(DType dtype, MatrixPrecision precision) {
    double[] bias = Samples.integers(1, N, 9);
    double[] residual = Samples.integers(2, M * N, 9);
    double[] pre = Naive.plusRow(new double[M * N], bias);
    double[] relu = Arrays.stream(pre).map(z -> Math.max(z, 0)).toArray();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      ops.linear(precision)
          .forward(
              ops.stream,
              memory.output("out", dtype, M, N),
              memory.output("pre", dtype, M, N),
              empty(memory, dtype, M, 0),
              empty(memory, dtype, N, 0),
              memory.input(dtype, bias, N),
              memory.input(dtype, residual, M, N),
              Activation.RELU);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(values(outputs, "out")).isEqualTo(Naive.plus(relu, residual));
      assertThat(values(outputs, "pre")).isEqualTo(pre);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void ofAnEmptySumAGateHasItsBiasesLeft(DType dtype, MatrixPrecision precision) {
    double[] bias = Samples.integers(1, N, 9);
    double[] rows = Naive.plusRow(new double[M * N], bias);
    double[] h = Naive.times(Arrays.stream(rows).map(z -> Math.max(z, 0)).toArray(), rows);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      ops.swiGlu(precision)
          .forward(
              ops.stream,
              memory.output("h", dtype, M, N),
              memory.output("gate", dtype, M, N),
              memory.output("up", dtype, M, N),
              empty(memory, dtype, M, 0),
              empty(memory, dtype, N, 0),
              empty(memory, dtype, N, 0),
              memory.input(dtype, bias, N),
              memory.input(dtype, bias, N),
              Activation.RELU);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(values(outputs, "gate")).isEqualTo(rows);
      assertThat(values(outputs, "up")).isEqualTo(rows);
      assertThat(values(outputs, "h")).isEqualTo(h);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void theInputGradientOfNoOutputsIsZero(DType dtype, MatrixPrecision precision) {
    double[] before = Samples.integers(1, N, 9);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      ops.linear(precision)
          .backwardInput(
              ops.stream,
              memory.output("dX", dtype, M, N),
              empty(memory, dtype, M, 0),
              empty(memory, dtype, 0, N),
              memory.input(dtype, Samples.integers(2, M * N, 3), M, N),
              Activation.RELU,
              0,
              memory.biasGradient("dBias", dtype, before, M, 0));
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(values(outputs, "dX")).containsOnly(0);
      assertThat(values(outputs, "dBias")).isEqualTo(before);
    }
  }

  /** With every operand checked all the same. */
  @ParameterizedTest
  @MethodSource("families")
  void withoutRowsNothingIsLaunched(DType dtype, MatrixPrecision precision) {
    try (OpFixture f = new OpFixture()) {
      FusedLinear linear = new FusedLinear(f.library, precision);
      SwiGlu swiGlu = new SwiGlu(f.library, precision);
      Tensor weight = f.tensor(dtype, N, 3);
      Tensor x = none(f, dtype, 3);
      Tensor y = none(f, dtype, N);
      Tensor sums = f.f32(1);
      linear.forward(f.stream, y, null, x, weight, f.tensor(dtype, N), y, Activation.RELU);
      linear.backwardInput(
          f.stream, x, y, weight, x, Activation.RELU, 0, new BiasGradient(f.f32(3), sums));
      linear.backwardInput(f.stream, x, y, weight, none(f, dtype, N), weight);
      linear.backwardWeight(f.stream, f.f32(N, 3), y, x);
      linear.backwardWeight(f.stream, f.f32(N, 3), y, x, null);
      linear.backwardBias(f.stream, f.f32(N), y);
      swiGlu.forward(f.stream, y, y, y, x, weight, weight, null, null, Activation.SILU);
      swiGlu.backward(f.stream, x, x, null, y, weight, x, x, Activation.SILU, null, null);
      assertThat(f.recorded().launches()).isEmpty();
      assertThatThrownBy(() -> linear.backwardWeight(f.stream, f.f32(N, 4), y, x))
          .hasMessageContaining("dWeight has shape [9, 4], which is 9 rows of 4; 9 rows of 3");
    }
  }

  /** Gradients that are accumulated have nothing added, on the device too. */
  @ParameterizedTest
  @MethodSource("families")
  void noRowsAddNothingToGradients(DType dtype, MatrixPrecision precision) {
    double[] before = Samples.normal(1, N * 3, DType.F32);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor dWeight = memory.updated("dWeight", DType.F32, before, N, 3);
      Tensor dY = empty(memory, dtype, 0, N);
      ops.linear(precision).backwardWeight(ops.stream, dWeight, dY, empty(memory, dtype, 0, 3));
      Tensor dBias = memory.updated("dBias", DType.F32, Samples.rows(before, 0, 1, N), N);
      ops.linear(precision).backwardBias(ops.stream, dBias, dY);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      assertThat(values(outputs, "dWeight")).isEqualTo(before);
      assertThat(values(outputs, "dBias")).isEqualTo(Arrays.copyOf(before, N));
    }
  }

  @Test
  void otherOpsRefuseWhatHasNoElements() {
    try (OpFixture f = new OpFixture()) {
      Tensor none = none(f, DType.F32, N);
      assertThatThrownBy(() -> f.softmax.forward(f.stream, none, none, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has shape [0, 9], which has no elements");
    }
  }

  private static Tensor none(OpFixture f, DType dtype, long cols) {
    Tensor some = f.tensor(dtype, 16);
    return Tensor.view(some.buffer(), some.byteOffset(), dtype, Shape.possiblyEmpty(0, cols));
  }

  private static double[] values(Map<String, GuardedMemory.Output> outputs, String name) {
    return OpTests.output(outputs, name).values();
  }
}
