package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Matrix products and gated units: what is wrong with an argument. */
class MatrixArgumentsTests extends RefusalTests {
  /** Of a call that was refused nothing is left for the next. */
  @Test
  void theSumsOfARefusedGradientAreNotLaunchedLater() {
    try (OpFixture f = new OpFixture()) {
      BiasGradient bias = new BiasGradient(f.f32(3), f.f32(1, 3));
      assertThatThrownBy(() -> backwardInput(f, f.f32(5, 3), f.f32(4, 6), bias))
          .isInstanceOf(IllegalArgumentException.class);
      backwardInput(f, f.f32(5, 3), f.f32(4, 5), null);
      assertThat(f.recorded().launches()).hasSize(1);
      backwardInput(f, f.f32(5, 3), f.f32(4, 5), bias);
      assertThat(f.recorded().launches()).hasSize(3);
    }
  }

  /** 1024 rows: two parts. */
  private static void weightInParts(OpFixture f, Tensor dWeight, @Nullable Tensor workspace) {
    f.linear.backwardWeight(f.stream, dWeight, f.f32(1024, 5), f.f32(1024, 3), workspace);
  }

  private static void backwardInput(
      OpFixture f, Tensor weight, Tensor dY, @Nullable BiasGradient bias) {
    f.linear.backwardInput(
        f.stream, f.f32(4, 3), dY, weight, null, Activation.NONE, Activation.DEFAULT_SLOPE, bias);
  }

  static Stream<Refused> refusals() {
    return Stream.of(linear(), gates()).flatMap(Function.identity());
  }

  private static Stream<Refused> linear() {
    return Stream.of(
        new Refused(
            "linear_forward_f32: out has shape [4, 6], which is 4 rows of 6; 4 rows of 5 are"
                + " needed",
            f -> forward(f, f.f32(4, 6), f.f32(4, 3), f.f32(5, 3))),
        new Refused(
            "linear_forward_f32: weight has shape [5, 2], which is 5 rows of 2; 5 rows of 3",
            f -> forward(f, f.f32(4, 5), f.f32(4, 3), f.f32(5, 2))),
        new Refused(
            "linear_forward_bf16: weight is f16; bf16 is needed",
            f -> forward(f, f.bf16(4, 5), f.bf16(4, 3), f.f16(5, 3))),
        new Refused(
            "linear_forward: dtype i32 is not supported; f32, f16 and bf16 are",
            f -> forward(f, f.i32(4, 5), f.i32(4, 3), f.i32(5, 3))),
        new Refused(
            "linear_forward_f32: bias has shape [4], which is 4 elements; 5 are needed",
            f ->
                f.linear.forward(
                    f.stream,
                    f.f32(4, 5),
                    null,
                    f.f32(4, 3),
                    f.f32(5, 3),
                    f.f32(4),
                    null,
                    Activation.NONE)),
        new Refused(
            "linear_forward_f32: residual has shape [4, 3]",
            f ->
                f.linear.forward(
                    f.stream,
                    f.f32(4, 5),
                    null,
                    f.f32(4, 3),
                    f.f32(5, 3),
                    null,
                    f.f32(4, 3),
                    Activation.NONE)),
        new Refused(
            "linear_forward_f32: out overlaps x in memory",
            f -> {
              Tensor x = f.f32(3, 3);
              forward(f, x, x, f.f32(3, 3));
            }),
        new Refused(
            "linear_forward_f32: out overlaps preActivation in memory",
            f -> {
              Tensor both = f.f32(5, 2);
              f.linear.forward(
                  f.stream,
                  both.slice(0, 4),
                  both.slice(1, 4),
                  f.f32(4, 3),
                  f.f32(2, 3),
                  null,
                  null,
                  Activation.RELU);
            }),
        new Refused(
            "linear_backward_input_f32: weight has shape [4, 3], which is 4 rows of 3; 5 rows of 3",
            f -> f.linear.backwardInput(f.stream, f.f32(4, 3), f.f32(4, 5), f.f32(4, 3))),
        new Refused(
            "linear_backward_input_f16: dY2 has shape [4, 4]",
            f ->
                f.linear.backwardInput(
                    f.stream, f.f16(4, 3), f.f16(4, 5), f.f16(5, 3), f.f16(4, 4), f.f16(5, 3))),
        new Refused(
            "linear_backward_weight_bf16: dWeight is bf16; f32 is needed",
            f -> f.linear.backwardWeight(f.stream, f.bf16(5, 3), f.bf16(4, 5), f.bf16(4, 3))),
        new Refused(
            "linear_backward_weight_f32: dY has shape [3, 5], which is 3 rows of 5; 4 rows of 5",
            f -> f.linear.backwardWeight(f.stream, f.f32(5, 3), f.f32(3, 5), f.f32(4, 3))),
        new Refused(
            "linear_backward_weight_f32: workspace is missing; f32[2, 5, 3] is needed",
            f -> weightInParts(f, f.f32(5, 3), null)),
        new Refused(
            "linear_backward_weight_f32: workspace is f32[29], too small; f32[2, 5, 3] is needed",
            f -> weightInParts(f, f.f32(5, 3), f.f32(29))),
        new Refused(
            "linear_backward_weight_f32: workspace is f32[5, 3], too small; f32[2, 5, 3] is needed",
            f -> {
              Tensor dWeight = f.f32(5, 3);
              weightInParts(f, dWeight, dWeight);
            }),
        new Refused(
            "linear_backward_weight_f32: dWeight overlaps workspace in memory",
            f -> {
              Tensor both = f.f32(15, 3);
              weightInParts(f, both.slice(5, 5), both);
            }),
        new Refused(
            "linear_backward_bias_f32: dBias has shape [4], which is 4 elements; 5 are needed",
            f -> f.linear.backwardBias(f.stream, f.f32(4), f.f32(4, 5))),
        new Refused(
            "linear_forward_f32: scale has shape [2], which is 2 elements; 1 are needed",
            f ->
                f.linear.forward(
                    f.stream,
                    f.f32(4, 5),
                    null,
                    f.f32(4, 3),
                    f.f32(5, 3),
                    null,
                    null,
                    Activation.NONE,
                    0,
                    f.f32(2))),
        new Refused(
            "linear_backward_input_bf16: scale is bf16; f32 is needed",
            f ->
                f.linear.backwardInput(
                    f.stream, f.bf16(4, 3), f.bf16(4, 5), f.bf16(5, 3), f.bf16(1))),
        new Refused(
            "linear_backward_input: preActivation is missing; activation relu needs it",
            f -> below(f, f.f32(4, 3), null, Activation.RELU, null)),
        new Refused(
            "linear_backward_input_f32: dX overlaps preActivation in memory",
            f -> {
              Tensor both = f.f32(13);
              below(
                  f,
                  both.slice(0, 12).reshape(Shape.of(4, 3)),
                  both.slice(1, 12).reshape(Shape.of(4, 3)),
                  Activation.RELU,
                  null);
            }),
        new Refused(
            "linear_backward_bias_f32: dBias has shape [4], which is 4 elements; 3 are needed",
            f ->
                below(
                    f,
                    f.f32(4, 3),
                    f.f32(4, 3),
                    Activation.RELU,
                    new BiasGradient(f.f32(4), f.f32(1, 3)))),
        new Refused(
            "linear_backward_input_f32: workspace is f32[2], too small; f32[1, 3] is needed",
            f ->
                below(
                    f,
                    f.f32(4, 3),
                    f.f32(4, 3),
                    Activation.RELU,
                    new BiasGradient(f.f32(3), f.f32(2)))),
        new Refused(
            "linear_backward_input_f32: workspace overlaps dY in memory",
            f -> {
              Tensor dY = f.f32(4, 5);
              f.linear.backwardInput(
                  f.stream,
                  f.f32(4, 3),
                  dY,
                  f.f32(5, 3),
                  null,
                  Activation.NONE,
                  0,
                  new BiasGradient(f.f32(3), dY));
            }));
  }

  private static void below(
      OpFixture f,
      Tensor dX,
      @Nullable Tensor preActivation,
      Activation activation,
      @Nullable BiasGradient bias) {
    f.linear.backwardInput(
        f.stream, dX, f.f32(4, 5), f.f32(5, 3), preActivation, activation, 0, bias);
  }

  private static Stream<Refused> gates() {
    return Stream.of(
        new Refused(
            "swiglu_forward_bf16: wUp has shape [5, 3], which is 5 rows of 3; 6 rows of 3",
            f ->
                f.swiGlu.forward(
                    f.stream,
                    f.bf16(4, 6),
                    null,
                    null,
                    f.bf16(4, 3),
                    f.bf16(6, 3),
                    f.bf16(5, 3),
                    null,
                    null,
                    Activation.SILU)),
        new Refused(
            "swiglu_forward: activation leaky_relu has a slope, which a gate does not take",
            f ->
                f.swiGlu.forward(
                    f.stream,
                    f.f32(4, 6),
                    null,
                    null,
                    f.f32(4, 3),
                    f.f32(6, 3),
                    f.f32(6, 3),
                    null,
                    null,
                    Activation.LEAKY_RELU)),
        new Refused(
            "swiglu_forward_f32: h is missing; without it gate and up are both needed",
            f ->
                f.swiGlu.forward(
                    f.stream,
                    null,
                    f.f32(4, 6),
                    null,
                    f.f32(4, 3),
                    f.f32(6, 3),
                    f.f32(6, 3),
                    null,
                    null,
                    Activation.SILU)),
        new Refused(
            "swiglu_backward: activation leaky_relu has a slope, which a gate does not take",
            f -> gradients(f, f.f32(4, 6), f.f32(4, 6), f.f32(4, 6), Activation.LEAKY_RELU)),
        new Refused(
            "linear_backward_input_f32: dUp has shape [4, 5], which is 4 rows of 5; 4 rows of 6",
            f -> gradients(f, f.f32(4, 5), f.f32(4, 6), f.f32(4, 6), Activation.SILU)),
        new Refused(
            "linear_backward_input_f32: gate is bf16; f32 is needed",
            f -> gradients(f, f.f32(4, 6), f.bf16(4, 6), f.f32(4, 6), Activation.SILU)),
        new Refused(
            "linear_backward_input_f32: h overlaps up in memory",
            f -> {
              Tensor up = f.f32(4, 6);
              f.swiGlu.backward(
                  f.stream,
                  f.f32(4, 6),
                  f.f32(4, 6),
                  up,
                  f.f32(4, 5),
                  f.f32(5, 6),
                  f.f32(4, 6),
                  up,
                  Activation.SILU,
                  null,
                  null);
            }),
        new Refused(
            "glu_forward_f32: up is 1 rows of 3; 1 rows of 4 are needed",
            f -> f.swiGlu.gluForward(f.stream, f.f32(4), f.f32(4), f.f32(3), Activation.SILU)),
        new Refused(
            "glu_backward_f32: dGate overlaps dUp in memory",
            f -> {
              Tensor gate = f.f32(4);
              f.swiGlu.gluBackward(f.stream, gate, gate, f.f32(4), gate, f.f32(4), Activation.SILU);
            }),
        new Refused(
            "glu_backward_f32: dUp overlaps dH in memory",
            f -> {
              Tensor dH = f.f32(5);
              f.swiGlu.gluBackward(
                  f.stream,
                  f.f32(4),
                  dH.slice(0, 4),
                  dH.slice(1, 4),
                  f.f32(4),
                  f.f32(4),
                  Activation.SILU);
            }),
        new Refused(
            "glu_backward_f32: dGate overlaps dUp in memory",
            f -> {
              Rows both = Rows.of(f.f32(3, 8));
              f.swiGlu.gluBackward(
                  f.stream,
                  both.columns(0, 4),
                  both.columns(3, 4),
                  null,
                  Rows.of(f.f32(3, 4)),
                  both.columns(0, 4),
                  both.columns(4, 4),
                  Gate.of(Activation.SILU));
            }),
        new Refused(
            "glu_forward_f32: h is 3 rows of 5; 3 rows of 4 are needed",
            f -> packed(f, Rows.of(f.f32(3, 5)), Rows.of(f.f32(3, 8)))),
        new Refused(
            "glu_forward_f32: h is bf16; f32 is needed",
            f -> packed(f, Rows.of(f.bf16(3, 4)), Rows.of(f.f32(3, 8)))),
        new Refused(
            "glu_forward_f32: h is f32, 3 rows of 4, 2 apart: its rows overlap",
            f -> packed(f, Rows.within(f.f32(8), 3, 4, 2), Rows.of(f.f32(3, 8)))),
        new Refused(
            "activation leaky_relu has a slope, which a gate does not take",
            f -> Gate.of(Activation.LEAKY_RELU)),
        new Refused("limit NaN must be above 0", f -> Gate.clampedSwiGlu(Float.NaN, 1)),
        new Refused("limit 0.0 must be above 0", f -> Gate.clampedSwiGlu(0, 1)),
        new Refused(
            "limit Infinity must be finite",
            f -> Gate.clampedSwiGlu(Float.POSITIVE_INFINITY, 1.7f)),
        new Refused("alpha NaN must be finite and not 0", f -> Gate.clampedSwiGlu(7, Float.NaN)),
        new Refused("alpha 0.0 must be finite and not 0", f -> Gate.clampedSwiGlu(7, 0)),
        new Refused(
            "alpha 2.0 needs a finite limit",
            f -> new Gate(Activation.SILU, Accuracy.FAST, Float.POSITIVE_INFINITY, 2)),
        new Refused(
            "activation relu has no clamped form; silu has",
            f -> new Gate(Activation.RELU, Accuracy.ACCURATE, 7, 1)));
  }

  private static void gradients(
      OpFixture f, Tensor dUp, Tensor gate, Tensor up, Activation activation) {
    f.swiGlu.backward(
        f.stream,
        f.f32(4, 6),
        dUp,
        null,
        f.f32(4, 5),
        f.f32(5, 6),
        gate,
        up,
        activation,
        null,
        null);
  }

  private static void forward(OpFixture f, Tensor out, Tensor x, Tensor weight) {
    f.linear.forward(f.stream, out, null, x, weight, null, null, Activation.NONE);
  }

  private static void packed(OpFixture f, Rows h, Rows both) {
    f.swiGlu.gluForward(
        f.stream, h, both.columns(0, 4), both.columns(4, 4), Gate.of(Activation.SILU));
  }
}
