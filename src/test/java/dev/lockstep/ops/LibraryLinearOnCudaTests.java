package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Linear and gated layers whose products cuBLAS computes, on whole numbers so small that all
 * products are numbers of every type: rounding them before the bias is added changes nothing, so
 * every element must be the true one, rounded once.
 */
@OnStandIn
class LibraryLinearOnCudaTests extends OpTests {
  private static final float SLOPE = 0.25f;

  /** Rows, outputs, depth: all different, so that no two can be mixed up; a single column. */
  private static final int[][] SHAPES = {{5, 7, 9}, {33, 1, 12}};

  @Override
  Device open(int workers) {
    return StandInDriver.open();
  }

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        s ->
                            Stream.of(
                                plain(dtype, s[0], s[1], s[2]),
                                fused(dtype, s[0], s[1], s[2]),
                                scaled(dtype, s[0], s[1], s[2]),
                                backwardInput(dtype, s[0], s[1], s[2]),
                                backwardInputOfTwo(dtype, s[0], s[1], s[2]),
                                scaledBackward(dtype, s[0], s[1], s[2]),
                                backwardActivation(dtype, s[0], s[1], s[2]),
                                backwardWeight(dtype, s[0], s[1], s[2]),
                                gated(dtype, s[0], s[1], s[2]),
                                gatedBackward(dtype, s[0], s[1], s[2]))));
  }

  private static FusedLinear linear(OpBench ops) {
    return new FusedLinear(ops.library, MatrixPrecision.FP32, MatrixEngine.LIBRARY);
  }

  private static SwiGlu gates(OpBench ops) {
    return new SwiGlu(ops.library, MatrixPrecision.FP32, MatrixEngine.LIBRARY);
  }

  private static String name(String what, DType dtype, int m, int n, int k) {
    return "%s %s, %d x %d x %d".formatted(what, dtype.suffix(), m, n, k);
  }

  private static double[] numbers(int seed, int rows, int cols) {
    return Samples.integers(seed, (long) rows * cols, 3);
  }

  private static OpCase plain(DType dtype, int m, int n, int k) {
    double[] x = numbers(1, m, k);
    double[] weight = numbers(2, n, k);
    return new OpCase(
            name("forward", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", dtype, m, n),
                        null,
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, weight, n, k),
                        null,
                        null,
                        Activation.NONE))
        .exactly("out", Naive.timesTransposed(x, weight, m, n, k));
  }

  private static OpCase fused(DType dtype, int m, int n, int k) {
    double[] x = numbers(1, m, k);
    double[] weight = numbers(2, n, k);
    double[] bias = numbers(3, 1, n);
    double[] residual = numbers(4, m, n);
    double[] z = Naive.plusRow(Naive.timesTransposed(x, weight, m, n, k), bias);
    double[] activated = Arrays.stream(z).map(v -> v < 0 ? v * SLOPE : v).toArray();
    return new OpCase(
            name("bias, leaky relu, residual", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", dtype, m, n),
                        memory.output("pre", dtype, m, n),
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, weight, n, k),
                        memory.input(dtype, bias, n),
                        memory.input(dtype, residual, m, n),
                        Activation.LEAKY_RELU,
                        SLOPE))
        .exactly("pre", z)
        .exactly("out", Samples.rounded(dtype, Naive.plus(activated, residual)));
  }

  private static OpCase scaled(DType dtype, int m, int n, int k) {
    double[] x = numbers(1, m, k);
    double[] weight = numbers(2, n, k);
    double[] halves =
        Arrays.stream(Naive.timesTransposed(x, weight, m, n, k)).map(v -> v * -0.5).toArray();
    return new OpCase(
            name("scaled", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .forward(
                        ops.stream,
                        memory.output("out", dtype, m, n),
                        null,
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, weight, n, k),
                        null,
                        null,
                        Activation.NONE,
                        0,
                        memory.scalar(-0.5)))
        .exactly("out", halves);
  }

  private static OpCase backwardInput(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] weight = numbers(2, n, k);
    return new OpCase(
            name("input gradient", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k)))
        .exactly("dX", Naive.times(dY, weight, m, n, k));
  }

  private static OpCase backwardInputOfTwo(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] weight = numbers(2, n, k);
    double[] dY2 = numbers(3, m, n);
    double[] weight2 = numbers(4, n, k);
    return new OpCase(
            name("input gradient of two layers", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        memory.input(dtype, dY2, m, n),
                        memory.input(dtype, weight2, n, k)))
        .exactly(
            "dX", Naive.plus(Naive.times(dY, weight, m, n, k), Naive.times(dY2, weight2, m, n, k)));
  }

  private static OpCase scaledBackward(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] weight = numbers(2, n, k);
    double[] quarters =
        Arrays.stream(Naive.times(dY, weight, m, n, k)).map(v -> v * 0.25).toArray();
    return new OpCase(
            name("scaled input gradient", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        memory.scalar(0.25)))
        .exactly("dX", quarters);
  }

  private static OpCase backwardActivation(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] weight = numbers(2, n, k);
    double[] below = numbers(3, m, k);
    double[] before = numbers(4, 1, k);
    double[] gradient = Naive.times(dY, weight, m, n, k);
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= below[i] > 0 ? 1 : SLOPE;
    }
    return new OpCase(
            name("input gradient before an activation", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", dtype, m, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, weight, n, k),
                        memory.input(dtype, below, m, k),
                        Activation.LEAKY_RELU,
                        SLOPE,
                        memory.biasGradient("dBias", dtype, before, m, n)))
        .exactly("dX", gradient)
        .exactly("dBias", Naive.plus(before, Naive.columnSums(gradient, m, k)));
  }

  private static OpCase backwardWeight(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] x = numbers(2, m, k);
    double[] before = numbers(3, n, k);
    return new OpCase(
            name("weight gradient", dtype, m, n, k),
            (ops, memory) ->
                linear(ops)
                    .backwardWeight(
                        ops.stream,
                        memory.updated("dWeight", DType.F32, before, n, k),
                        memory.input(dtype, dY, m, n),
                        memory.input(dtype, x, m, k)))
        .exactly("dWeight", Naive.plus(before, Naive.transposedTimes(dY, x, m, n, k)));
  }

  private static OpCase gated(DType dtype, int m, int n, int k) {
    double[] x = numbers(1, m, k);
    double[] wGate = numbers(2, n, k);
    double[] wUp = numbers(3, n, k);
    double[] bUp = numbers(4, 1, n);
    double[] gate = Naive.timesTransposed(x, wGate, m, n, k);
    double[] up = Naive.plusRow(Naive.timesTransposed(x, wUp, m, n, k), bUp);
    return new OpCase(
            name("gated", dtype, m, n, k),
            (ops, memory) ->
                gates(ops)
                    .forward(
                        ops.stream,
                        memory.output("h", dtype, m, n),
                        memory.output("gate", dtype, m, n),
                        memory.output("up", dtype, m, n),
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, wGate, n, k),
                        memory.input(dtype, wUp, n, k),
                        null,
                        memory.input(dtype, bUp, n),
                        Activation.RELU))
        .exactly("gate", gate)
        .exactly("up", up)
        .exactly("h", Samples.rounded(dtype, Naive.times(relu(gate), up)));
  }

  /** In place, as in training; the width of the gates is {@code k} here. */
  private static OpCase gatedBackward(DType dtype, int m, int n, int k) {
    double[] dY = numbers(1, m, n);
    double[] wDown = numbers(2, n, k);
    double[] gate = numbers(3, m, k);
    double[] up = numbers(4, m, k);
    double[] before = numbers(5, 1, k);
    double[] dH = Naive.times(dY, wDown, m, n, k);
    double[] open = Arrays.stream(gate).map(v -> v > 0 ? 1 : 0).toArray();
    double[] dGate = Samples.rounded(dtype, Naive.times(Naive.times(dH, up), open));
    return new OpCase(
            name("gated gradients", dtype, m, n, k),
            (ops, memory) -> {
              var gateOrGradient = memory.updated("dGate", dtype, gate, m, k);
              var upOrGradient = memory.updated("dUp", dtype, up, m, k);
              gates(ops)
                  .backward(
                      ops.stream,
                      gateOrGradient,
                      upOrGradient,
                      memory.output("h", dtype, m, k),
                      memory.input(dtype, dY, m, n),
                      memory.input(dtype, wDown, n, k),
                      gateOrGradient,
                      upOrGradient,
                      Activation.RELU,
                      memory.biasGradient("dBias", dtype, before, m, n),
                      null);
            })
        .exactly("h", Naive.times(relu(gate), up))
        .exactly("dGate", dGate)
        .exactly("dUp", Samples.rounded(dtype, Naive.times(dH, relu(gate))))
        .exactly("dBias", Naive.plus(before, Naive.columnSums(dGate, m, k)));
  }

  private static double[] relu(double[] values) {
    return Arrays.stream(values).map(v -> Math.max(v, 0)).toArray();
  }

  /** 1 + 2⁻¹¹ is a tie in TF32 and becomes 1 + 2⁻¹⁰; in fp32 it stays. */
  @Test
  void tf32RoundsFactors() {
    for (MatrixPrecision precision :
        new MatrixPrecision[] {MatrixPrecision.FP32, MatrixPrecision.TF32}) {
      double tie = 1 + 0x1p-11;
      double expected = precision == MatrixPrecision.TF32 ? 1 + 0x1p-10 : tie;
      OpCase op =
          new OpCase(
                  precision.name(),
                  (ops, memory) ->
                      new FusedLinear(ops.library, precision, MatrixEngine.LIBRARY)
                          .forward(
                              ops.stream,
                              memory.output("out", DType.F32, 1, 1),
                              null,
                              memory.input(DType.F32, new double[] {tie}, 1, 1),
                              memory.scalar(1).reshape(Shape.of(1, 1)),
                              null,
                              null,
                              Activation.NONE))
              .exactly("out", new double[] {expected});
      assertNumbers(op, run(bench(), op, 0));
    }
  }

  @Test
  void whatNeedsMemoryOfItsOwnIsRefusedWithoutIt() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      var square = memory.output("square", DType.F32, 2, 2);
      var a = memory.output("a", DType.F32, 2, 2);
      var b = memory.output("b", DType.F32, 2, 2);
      assertThatThrownBy(
              () -> linear(ops).backwardInput(ops.stream, square, a, b, square, Activation.RELU))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("linear_backward_input_f32: dX overlaps preActivation");
      assertThatThrownBy(
              () ->
                  gates(ops)
                      .forward(
                          ops.stream, square, null, null, a, b, b, null, null, Activation.SILU))
          .hasMessage("swiglu_forward_f32: gate or up is missing; matmul cublas needs both");
      assertThatThrownBy(
              () ->
                  gates(ops)
                      .backward(
                          ops.stream,
                          a,
                          b,
                          null,
                          square,
                          square,
                          a,
                          b,
                          Activation.SILU,
                          null,
                          null))
          .hasMessage("swiglu_backward_f32: h is missing; matmul cublas needs its memory");
    }
  }

  @Test
  void aPrecisionTheLibraryHasNotIsRefused() {
    assertThatThrownBy(
            () -> new FusedLinear(bench().library, MatrixPrecision.TF32X3, MatrixEngine.LIBRARY))
        .hasMessage("precision tf32x3: cuBLAS has no such products");
  }
}
