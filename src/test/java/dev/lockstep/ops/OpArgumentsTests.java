package dev.lockstep.ops;

import static dev.lockstep.ops.GlobalNorm.Options.clipTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel.Settings;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.LossScaling.Rules;
import dev.lockstep.ops.ParameterTable.Entry;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with an argument is said before anything is launched, with the numbers. */
class OpArgumentsTests {
  private static final Settings ADAM = Settings.adamW(0.9f, 0.999f, 1e-8f);
  private static final SgdKernel.Settings PLAIN_SGD = new SgdKernel.Settings(0, 0, false);
  private static final float EPS = 1e-5f;
  private static final Options PLAIN = Options.defaults();

  private final OpFixture fixture = new OpFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private record Refused(String message, Consumer<OpFixture> call) {
    @Override
    public String toString() {
      return message;
    }
  }

  @ParameterizedTest
  @MethodSource({
    "linear",
    "elementwise",
    "gates",
    "losses",
    "norms",
    "tables",
    "optimizer",
    "steps",
    "dropout",
    "elementwiseLosses"
  })
  void badArgumentsAreNamedBeforeTheLaunch(Refused refused) {
    assertThatThrownBy(() -> refused.call().accept(fixture))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(refused.message());
    assertThat(fixture.recorded().launches()).isEmpty();
  }

  static Stream<Refused> linear() {
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
            "linear_backward_bias_f32: dBias has shape [4], which is 4 elements; 5 are needed",
            f -> f.linear.backwardBias(f.stream, f.f32(4), f.f32(4, 5))));
  }

  static Stream<Refused> elementwise() {
    return Stream.of(
        new Refused(
            "activation_forward_f32: y has shape [2, 3], which is 6 elements; 7 are needed",
            f -> f.activations.forward(f.stream, f.f32(2, 3), f.f32(7), Activation.RELU)),
        new Refused(
            "activation_backward_f16: dY is f32; f16 is needed",
            f -> f.activations.backward(f.stream, f.f16(7), f.f32(7), f.f16(7), Activation.RELU)),
        new Refused(
            "activation_backward_f32: dX overlaps dY in memory",
            f -> {
              Tensor shifted = f.f32(8);
              f.activations.backward(
                  f.stream, shifted.slice(0, 7), shifted.slice(1, 7), f.f32(7), Activation.RELU);
            }),
        new Refused(
            "activation_backward_f32: dX overlaps x in memory",
            f -> {
              Tensor x = f.f32(8);
              f.activations.backward(
                  f.stream, x.slice(0, 7), f.f32(7), x.slice(1, 7), Activation.RELU);
            }),
        new Refused(
            "activation_forward_f32: y overlaps x in memory",
            f -> {
              Tensor x = f.f32(8);
              f.activations.forward(f.stream, x.slice(1, 7), x.slice(0, 7), Activation.SILU);
            }),
        new Refused(
            "activation_forward_f32: slope NaN must be finite",
            f ->
                f.activations.forward(
                    f.stream, f.f32(7), f.f32(7), Activation.LEAKY_RELU, Float.NaN)),
        new Refused(
            "activation_backward_f32: slope Infinity must be finite",
            f ->
                f.activations.backward(
                    f.stream,
                    f.f32(7),
                    f.f32(7),
                    f.f32(7),
                    Activation.LEAKY_RELU,
                    Float.POSITIVE_INFINITY)),
        new Refused(
            "cast from f32 to f32: two different types of f32, f16 and bf16 are needed",
            f -> f.cast.cast(f.stream, f.f32(2), f.f32(2))),
        new Refused("cast from i32 to f32", f -> f.cast.cast(f.stream, f.f32(2), f.i32(2))),
        new Refused(
            "cast_f32_bf16: target has shape [3], which is 3 elements; 2 are needed",
            f -> f.cast.cast(f.stream, f.bf16(3), f.f32(2))),
        new Refused("fill: dtype i32", f -> f.fill.fill(f.stream, f.i32(2), 1)),
        new Refused(
            "scale_f32: factor has shape [2], which is 2 elements; 1 are needed",
            f -> f.scaling.scale(f.stream, f.f32(2), f.f32(2))),
        new Refused(
            "unscale_bf16: scale is f16; f32 is needed",
            f -> f.scaling.unscale(f.stream, f.bf16(2), f.f16(1))),
        new Refused(
            "scale_f32: gradient overlaps factor in memory",
            f -> {
              Tensor gradient = f.f32(2);
              f.scaling.scale(f.stream, gradient, gradient.slice(0, 1));
            }));
  }

  static Stream<Refused> gates() {
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
            "swiglu_forward_f32: activation leaky_relu has a slope, which a gate does not take",
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

  static Stream<Refused> losses() {
    return Stream.of(
        new Refused(
            "softmax_cross_entropy_fused_f32: targets has shape [3], which is 3 elements; 4 are",
            f ->
                f.crossEntropy.fused(
                    f.stream,
                    Outputs.of(f.f32(4)),
                    f.f32(4, 8),
                    f.i32(3),
                    null,
                    null,
                    null,
                    PLAIN,
                    f.status)),
        new Refused(
            "softmax_cross_entropy_fused_f32: targets is f32; i32 is needed",
            f ->
                f.crossEntropy.fused(
                    f.stream,
                    Outputs.of(f.f32(4)),
                    f.f32(4, 8),
                    f.f32(4),
                    null,
                    null,
                    null,
                    PLAIN,
                    f.status)),
        new Refused(
            "softmax_cross_entropy_fused_f32: gradScale is missing; dLogits is multiplied by it",
            f ->
                f.crossEntropy.fused(
                    f.stream,
                    Outputs.of(f.f32(4)).withGradient(f.f32(4, 8)),
                    f.f32(4, 8),
                    f.i32(4),
                    null,
                    null,
                    null,
                    PLAIN,
                    f.status)),
        new Refused(
            "softmax_cross_entropy_fused_bf16: losses is bf16; f32 is needed",
            f ->
                f.crossEntropy.fused(
                    f.stream,
                    Outputs.of(f.bf16(4)),
                    f.bf16(4, 8),
                    f.i32(4),
                    null,
                    null,
                    null,
                    PLAIN,
                    f.status)),
        new Refused(
            "softmax_cross_entropy_scale: upstream is f16; f32 is needed",
            f -> f.crossEntropy.scale(f.stream, f.f32(1), f.i32(4), null, f.f16(1), PLAIN)),
        new Refused(
            "softmax_cross_entropy_reduce: losses has shape [5], which is 5 elements; 4 are needed",
            f -> f.crossEntropy.reduce(f.stream, f.f32(1), f.f32(5), f.i32(4), null, PLAIN, true)),
        refusedLoss(
            "general_f32: classWeights has shape [7], which is 7 elements; 8 are needed",
            f -> Outputs.of(f.f32(4)),
            f -> f.f32(7),
            null,
            PLAIN),
        refusedLoss(
            "general_f32: classWeights has shape [8], which is 8 elements; 6 are needed",
            f -> Outputs.of(f.f32(4)),
            f -> f.f32(8),
            null,
            PLAIN.withClasses(6)),
        refusedLoss(
            "fused_f32: classes is 9; logits has 8 columns only",
            f -> Outputs.of(f.f32(4)),
            null,
            null,
            PLAIN.withClasses(9)),
        refusedLoss(
            "fused_f32: rowGrad is given without dLogits, which it would multiply",
            f -> Outputs.of(f.f32(4)),
            null,
            f -> f.f32(4),
            PLAIN),
        refusedLoss(
            "general_f32: predictions is f32; i32 is needed",
            f -> Outputs.of(f.f32(4)).withPredictions(f.f32(4)),
            null,
            null,
            PLAIN),
        refusedLoss(
            "general_f32: entropies has shape [5], which is 5 elements; 4 are needed",
            f -> Outputs.of(f.f32(4)).withEntropies(f.f32(5)),
            null,
            null,
            PLAIN),
        refusedLoss(
            "fused_f32: dLogits has shape [4, 12], which is 4 rows of 12; 4 rows of 8 are needed",
            f -> Outputs.of(f.f32(4)).withGradient(f.f32(4, 12)),
            null,
            null,
            PLAIN),
        new Refused(
            "softmax_cross_entropy_fused_f32: dLogits overlaps logits in memory",
            f -> {
              Tensor both = f.f32(5, 8);
              Outputs outputs = Outputs.of(f.f32(4)).withGradient(both.slice(1, 4));
              Tensor logits = both.slice(0, 4);
              f.crossEntropy.fused(
                  f.stream, outputs, logits, f.i32(4), null, f.f32(1), null, PLAIN, f.status);
            }),
        new Refused(
            "softmax_cross_entropy_scale: classWeights has shape [8], which is 8 elements; 6 are",
            f ->
                f.crossEntropy.scale(
                    f.stream, f.f32(1), f.i32(4), f.f32(8), f.f32(1), PLAIN.withClasses(6))),
        new Refused(
            "softmax_cross_entropy_accuracy: predictions has shape [3], which is 3 elements; 4 are",
            f -> f.crossEntropy.accuracy(f.stream, f.f32(1), f.i32(3), f.i32(4), PLAIN)),
        new Refused("labelSmoothing 1.0 must be", f -> PLAIN.withLabelSmoothing(1)),
        new Refused("labelSmoothing NaN must be", f -> PLAIN.withLabelSmoothing(Float.NaN)),
        new Refused("zLoss -0.1 must be finite and at least 0", f -> PLAIN.withZLoss(-0.1f)),
        new Refused("zLoss Infinity", f -> PLAIN.withZLoss(Float.POSITIVE_INFINITY)),
        new Refused("softCap 0.0 must be positive", f -> PLAIN.withSoftCap(0)),
        new Refused("softCap -30.0 must be positive", f -> PLAIN.withSoftCap(-30)),
        new Refused("softCap NaN must be positive", f -> PLAIN.withSoftCap(Float.NaN)),
        new Refused("classes -1 must be positive", f -> PLAIN.withClasses(-1)));
  }

  /** Of logits [4, 8] in f32; of gradients too where they are asked for. */
  private static Refused refusedLoss(
      String message,
      Function<OpFixture, Outputs> outputs,
      @Nullable Function<OpFixture, Tensor> weights,
      @Nullable Function<OpFixture, Tensor> rowGrad,
      Options options) {
    return new Refused(
        "softmax_cross_entropy_" + message,
        f ->
            f.crossEntropy.fused(
                f.stream,
                outputs.apply(f),
                f.f32(4, 8),
                f.i32(4),
                weights == null ? null : weights.apply(f),
                f.f32(1),
                rowGrad == null ? null : rowGrad.apply(f),
                options,
                f.status));
  }

  static Stream<Refused> norms() {
    return Stream.of(
        new Refused(
            "layernorm_forward_any: eps 0.0 must be finite and positive",
            f -> f.layerNorm.forward(f.stream, NormForward.of(f.f32(4, 5), f.f32(4, 5), 0))),
        new Refused(
            "rmsnorm_forward_f32: eps NaN must be finite and positive",
            f -> f.rmsNorm.forward(f.stream, NormForward.of(f.f32(4, 8), f.f32(4, 8), Float.NaN))),
        new Refused(
            "rmsnorm_forward_bf16: eps Infinity must be finite and positive",
            f ->
                f.rmsNorm.forward(
                    f.stream, NormForward.of(f.bf16(4, 8), f.bf16(4, 8), Float.POSITIVE_INFINITY))),
        new Refused(
            "layernorm_forward: x has dtype i32, which is not supported; f32, f16 and bf16 are",
            f -> f.layerNorm.forward(f.stream, NormForward.of(f.f32(4, 5), f.i32(4, 5), EPS))),
        new Refused(
            "layernorm_forward_any: y is 4 rows of 6; 4 rows of 5 are needed",
            f -> f.layerNorm.forward(f.stream, NormForward.of(f.f32(4, 6), f.f32(4, 5), EPS))),
        new Refused(
            "layernorm_forward_any: mean is f16; f32 is needed",
            f ->
                f.layerNorm.forward(
                    f.stream,
                    NormForward.of(f.f16(4, 5), f.f16(4, 5), EPS).statistics(f.f16(4), f.f32(4)))),
        new Refused(
            "layernorm_forward_any: sum without a residual would be a copy of x",
            f ->
                f.layerNorm.forward(
                    f.stream,
                    new NormForward(
                        Rows.of(f.f32(4, 5)),
                        Rows.of(f.f32(4, 5)),
                        null,
                        null,
                        Rows.of(f.f32(4, 5)),
                        null,
                        null,
                        null,
                        0,
                        EPS))),
        new Refused(
            "layernorm_forward_any: a weight offset of 1.0 needs a weight",
            f ->
                f.layerNorm.forward(
                    f.stream, NormForward.of(f.f32(4, 5), f.f32(4, 5), EPS).unitOffset())),
        new Refused(
            "rmsnorm_forward_any: bias is f32[5]; RMSNorm has none",
            f ->
                f.rmsNorm.forward(
                    f.stream, NormForward.of(f.f32(4, 5), f.f32(4, 5), EPS).bias(f.f32(5)))),
        new Refused(
            "rmsnorm_forward_any: weight has shape [4], which is 4 elements; 5 are needed",
            f ->
                f.rmsNorm.forward(
                    f.stream, NormForward.of(f.f32(4, 5), f.f32(4, 5), EPS).weight(f.f32(4)))),
        new Refused(
            "rmsnorm_forward_any: y overlaps sum in memory",
            f -> {
              Tensor x = f.f32(4, 5);
              f.rmsNorm.forward(f.stream, NormForward.of(x, x, EPS).residual(f.f32(4, 5), x));
            }),
        new Refused(
            "rmsnorm_forward_any: rstd overlaps x in memory",
            f -> {
              Tensor x = f.f32(4, 1);
              f.rmsNorm.forward(
                  f.stream, NormForward.of(f.f32(4, 1), x, EPS).statistics(null, x.flatten()));
            }),
        new Refused(
            "rmsnorm_forward_any: y is f32, 4 rows of 5, 0 apart: its rows overlap",
            f ->
                f.rmsNorm.forward(
                    f.stream,
                    NormForward.of(Rows.repeated(f.f32(5), 4), Rows.of(f.f32(4, 5)), EPS))),
        new Refused(
            "rmsnorm_forward_mixed: y overlaps x in memory",
            f -> {
              Tensor x = f.f32(4, 8);
              Tensor y = x.reinterpret(DType.F16, Shape.of(8, 8)).slice(0, 4);
              f.rmsNorm.forward(f.stream, NormForward.of(y, x, EPS));
            }),
        new Refused(
            "rmsnorm_forward_f32: y overlaps x in memory",
            f -> {
              Rows wide = Rows.of(f.f32(4, 16));
              f.rmsNorm.forward(
                  f.stream, NormForward.of(wide.columns(0, 8), wide.columns(4, 8), EPS));
            }),
        new Refused(
            "layernorm_backward_any: mean is missing; forward's f32[4] is needed",
            f ->
                f.layerNorm.backward(
                    f.stream, NormBackward.of(f.f32(4, 5), f.f32(4, 5), f.f32(4, 5), f.f32(4)))),
        new Refused(
            "layernorm_backward_any: workspace is missing; f32[2, 1, 5] is needed",
            f ->
                f.layerNorm.backward(
                    f.stream,
                    NormBackward.of(f.f32(4, 5), f.f32(4, 5), f.f32(4, 5), f.f32(4))
                        .mean(f.f32(4))
                        .gradients(null, f.f32(5), null))),
        new Refused(
            "layernorm_backward_reduce: dWeight has shape [4], which is 4 elements; 5 are needed",
            f ->
                f.layerNorm.backward(
                    f.stream,
                    NormBackward.of(f.f32(4, 5), f.f32(4, 5), f.f32(4, 5), f.f32(4))
                        .mean(f.f32(4))
                        .gradients(f.f32(4), null, f.f32(2, 1, 5)))),
        new Refused(
            "rmsnorm_backward_any: dBias is f32[5]; RMSNorm has none",
            f ->
                f.rmsNorm.backward(
                    f.stream,
                    NormBackward.of(f.f32(4, 5), f.f32(4, 5), f.f32(4, 5), f.f32(4))
                        .gradients(null, f.f32(5), f.f32(1, 5)))),
        new Refused(
            "rmsnorm_backward_reduce: dWeight overlaps workspace in memory",
            f -> {
              Tensor workspace = f.f32(1, 5);
              f.rmsNorm.backward(
                  f.stream,
                  NormBackward.of(f.f32(4, 5), f.f32(4, 5), f.f32(4, 5), f.f32(4))
                      .gradients(workspace.flatten(), null, workspace));
            }),
        new Refused(
            "rmsnorm_backward_any: workspace is f32[9], too small; f32[3, 5] is needed",
            f ->
                f.rmsNorm.backward(
                    f.stream,
                    NormBackward.of(f.f32(9, 5), f.f32(9, 5), f.f32(9, 5), f.f32(9))
                        .gradients(f.f32(5), null, f.f32(9)))));
  }

  static Stream<Refused> tables() {
    return Stream.of(
        new Refused(
            "embedding_forward_f32: out has shape [3, 5], which is 3 rows of 5; 4 rows of 5",
            f -> f.embedding.forward(f.stream, f.f32(3, 5), f.f32(9, 5), f.i32(4), f.status)),
        new Refused(
            "embedding_backward_gather_f32: dOut has shape [4, 6], which is 4 rows of 6; 4 rows of"
                + " 5",
            f -> embeddingBackward(f, f.f32(4, 6), f.i32(4), Embedding.NO_PADDING)),
        new Refused(
            "embedding_backward_gather_bf16: ids is f32; i32 is needed",
            f -> embeddingBackward(f, f.bf16(4, 5), f.f32(4), Embedding.NO_PADDING)),
        new Refused(
            "padding 9 must be an id from 0 to 8, or -1 for none",
            f -> embeddingBackward(f, f.f32(4, 5), f.i32(4), 9)),
        new Refused(
            "padding -2 must be an id from 0 to 8",
            f -> embeddingBackward(f, f.f32(4, 5), f.i32(4), -2)),
        new Refused(
            "workspace is f32[99], too small; f32[292] is needed",
            f -> {
              Tensor dOut = f.f32(4, 5);
              f.embedding.backward(f.stream, f.f32(9, 5), f.f32(99), dOut, f.i32(4), f.status);
            }),
        new Refused(
            "dWeight overlaps dOut in memory",
            f -> {
              Tensor both = f.f32(9, 5);
              Tensor dOut = both.slice(2, 4);
              f.embedding.backward(f.stream, both, f.f32(999), dOut, f.i32(4), f.status);
            }),
        new Refused("a status word lives in i32[2], not in i32[4]", f -> new StatusWord(f.i32(4))),
        new Refused(
            "a step state lives in i32[16], not in f32[16]",
            f -> new StepState(f.library, f.f32(16))),
        new Refused(
            "a table needs from 1 to 536870912 tensors, not 0",
            f -> new TensorTable(f.stream, f.i32(6), List.of())),
        new Refused(
            "tensor 1 of the table is i32; f32, f16 and bf16 are supported",
            f -> f.table(f.f32(2), f.i32(2))),
        new Refused(
            "a table of 1 tensors lives in i32[8], not in i32[5]",
            f -> new TensorTable(f.stream, f.i32(5), List.of(f.f32(2)))),
        new Refused(
            "a table of 1 tensors lives at a multiple of 16 bytes",
            f -> new TensorTable(f.stream, f.i32(9).slice(1, 8), List.of(f.f32(2)))));
  }

  static Stream<Refused> dropout() {
    return Stream.of(
        new Refused(
            "dropout_forward_f32: p 1.0 must be at least 0 and below 1", f -> drop(f, 0, 1)),
        new Refused("p -0.1 must be at least 0 and below 1", f -> drop(f, 0, -0.1f)),
        new Refused("p NaN must be at least 0 and below 1", f -> drop(f, 0, Float.NaN)),
        new Refused("place -1 must be at least 0", f -> drop(f, -1, 0.5f)),
        new Refused(
            "dropout_forward_bf16: residual has shape [3], which is 3 elements; 4 are needed",
            f ->
                f.dropout.forward(
                    f.stream, f.bf16(4), f.bf16(4), f.bf16(3), f.dropoutState, 0, 0.5f)),
        new Refused(
            "dropout_backward_f16: dX is f32; f16 is needed",
            f -> f.dropout.backward(f.stream, f.f32(4), f.f16(4), f.dropoutState, 0, 0.5f)),
        new Refused(
            "dropout_forward: dtype i32 is not supported",
            f -> f.dropout.forward(f.stream, f.i32(4), f.i32(4), null, f.dropoutState, 0, 0.5f)),
        new Refused(
            "dropout_backward_f32: dX overlaps dY in memory",
            f -> {
              Tensor both = f.f32(5);
              f.dropout.backward(
                  f.stream, both.slice(0, 4), both.slice(1, 4), f.dropoutState, 0, 0.5f);
            }),
        new Refused(
            "a dropout state lives in i32[4], not in i32[2]",
            f -> new DropoutState(f.library, f.i32(2))),
        new Refused(
            "dropout_advance: count 0 must be at least 1",
            f -> f.dropoutState.advance(f.stream, 0)),
        new Refused(
            "a multiple of 8 is needed",
            f -> new DropoutState(f.library, f.i32(5).slice(1, 4)).advance(f.stream, 1)));
  }

  static Stream<Refused> elementwiseLosses() {
    return Stream.of(
        new Refused(
            "bce_with_logits_fused_f32: targets has shape [5], which is 5 elements; 6 are needed",
            f -> bce(f, f.f32(2, 3), f.f32(5), null, f.f32(1))),
        new Refused(
            "bce_with_logits_fused_bf16: targets is f32; bf16 is needed",
            f -> bce(f, f.bf16(2, 3), f.f32(2, 3), null, f.f32(1))),
        new Refused(
            "posWeight has shape [2], which is 2 elements; 3 are needed",
            f -> bce(f, f.f32(2, 3), f.f32(2, 3), f.f32(2), f.f32(1))),
        new Refused(
            "posWeight is f16; f32 is needed",
            f -> bce(f, f.f16(2, 3), f.f16(2, 3), f.f16(3), f.f32(1))),
        new Refused(
            "bce_with_logits_fused_f32: workspace is f32[1], too small; f32[2] is needed",
            f -> bce(f, f.f32(8193), f.f32(8193), null, f.f32(1))),
        new Refused(
            "bce_with_logits_fused_f32: dLogits overlaps targets in memory",
            f -> {
              Tensor targets = f.f32(6);
              f.bceWithLogits.elementwise(
                  f.stream, f.f32(6), targets, f.f32(6), targets, null, null, null);
            }),
        new Refused(
            "bce_with_logits_reduce: loss is f16; f32 is needed",
            f ->
                f.bceWithLogits.reduced(
                    f.stream, f.f16(1), null, f.f32(1), f.f16(6), f.f16(6), null, null, null,
                    true)),
        new Refused(
            "squared_error_fused_f32: target has shape [5], which is 5 elements; 6 are needed",
            f ->
                f.meanSquaredError.elementwise(
                    f.stream, f.f32(6), null, null, f.f32(6), f.f32(5), null)),
        new Refused(
            "squared_error_fused_f32: dInput overlaps dTarget in memory",
            f -> {
              Tensor both = f.f32(6);
              f.meanSquaredError.elementwise(
                  f.stream, f.f32(6), both, both, f.f32(6), f.f32(6), null);
            }),
        new Refused(
            "squared_error_fused_f16: gradScale is f16; f32 is needed",
            f ->
                f.meanSquaredError.reduced(
                    f.stream, f.f32(1), null, null, f.f32(1), f.f16(6), f.f16(6), f.f16(1), true)),
        new Refused(
            "squared_error_reduce: loss overlaps workspace in memory",
            f -> {
              Tensor one = f.f32(1);
              f.meanSquaredError.reduced(
                  f.stream, one, null, null, one, f.f32(6), f.f32(6), null, true);
            }));
  }

  static Stream<Refused> optimizer() {
    return Stream.of(
        new Refused(
            "gradient of parameter 0 has shape [2], which is 2 elements; the master has 3",
            f -> f.parameters(new Entry(f.f32(3), f.bf16(2), null, List.of(), 0))),
        new Refused(
            "moment 1 of parameter 0 is bf16; f32 is needed",
            f -> f.parameters(entry(f, f.f32(3), f.f32(3), f.f32(3), f.bf16(3)))),
        new Refused(
            "moment 0 of parameter 0 has shape [2], which is 2 elements; the master has 3",
            f -> f.parameters(entry(f, f.f32(3), f.f32(3), f.f32(2), f.f32(3)))),
        new Refused(
            "master of parameter 0 is bf16; f32 is needed",
            f -> f.parameters(new Entry(f.bf16(3), f.f32(3), null, List.of(), 0))),
        new Refused(
            "copy of parameter 0 is i32; f32, f16 and bf16 are supported",
            f -> f.parameters(new Entry(f.f32(3), f.f32(3), f.i32(3), List.of(), 0))),
        new Refused(
            "parameter 1 of the table has 0 moments; all have the same number, at most 2",
            f ->
                f.parameters(
                    new Entry(f.f32(3), f.f32(3), null, List.of(f.f32(3)), 0),
                    new Entry(f.f32(3), f.f32(3), null, List.of(), 0))),
        new Refused(
            "master of parameter 1 overlaps master of parameter 0 in memory",
            f -> {
              Tensor tied = f.f32(3);
              f.parameters(
                  new Entry(tied, f.f32(3), null, List.of(), 0),
                  new Entry(tied, f.f32(3), null, List.of(), 0));
            }),
        new Refused(
            "copy of parameter 0 overlaps gradient of parameter 0 in memory",
            f -> {
              Tensor both = f.bf16(3);
              f.parameters(new Entry(f.f32(3), both, both, List.of(), 0));
            }),
        new Refused("a table needs at least one parameter, not 0", OpFixture::parameters),
        new Refused(
            "adamw_step: parameters have 1 moments; 2 are needed",
            f -> f.adam.step(f.stream, f.parameters(f.f32(3), 1), ADAM, f.state)),
        new Refused(
            "sgd_step: parameters have 1 moments; 0 are needed",
            f -> f.sgd.step(f.stream, f.parameters(f.f32(3), 1), PLAIN_SGD, f.state)),
        new Refused(
            "master of parameter 0, f32[3], has no memory any more: closed",
            f -> {
              Tensor master = f.f32(3);
              ParameterTable table = f.parameters(new Entry(master, f.f32(3), null, List.of(), 0));
              master.buffer().close();
              f.sgd.step(f.stream, table, PLAIN_SGD, f.state);
            }),
        new Refused("beta1 1.0 must be", f -> Settings.adamW(1, 0.9f, 1e-8f)),
        new Refused("beta2 -0.5 must be", f -> Settings.adamW(0.9f, -0.5f, 1e-8f)),
        new Refused("eps 0.0 must be finite and positive", f -> Settings.adamW(0, 0, 0)),
        new Refused(
            "weightDecay NaN must be",
            f -> new Entry(f.f32(3), f.f32(3), null, List.of(), Float.NaN)),
        new Refused(
            "momentum 1.5 must be from 0 to 1", f -> new SgdKernel.Settings(1.5f, 0, false)),
        new Refused(
            "dampening NaN must be from 0 to 1",
            f -> new SgdKernel.Settings(0.9f, Float.NaN, false)),
        new Refused(
            "nesterov needs a momentum above 0 and no dampening, not momentum 0.0 and",
            f -> new SgdKernel.Settings(0, 0, true)),
        new Refused(
            "nesterov needs a momentum above 0 and no dampening, not momentum 0.9 and dampening",
            f -> new SgdKernel.Settings(0.9f, 0.1f, true)));
  }

  static Stream<Refused> steps() {
    return Stream.of(
        new Refused(
            "learning rate NaN must be finite and at least 0",
            f -> f.state.setLearningRate(f.stream, Float.NaN)),
        new Refused(
            "loss scale 0.0 must be finite and at least", f -> f.state.setLossScale(f.stream, 0)),
        new Refused(
            "step -1 and skipped 0 must be at least 0", f -> f.state.setSteps(f.stream, -1, 0)),
        new Refused("growth 0.5 must be finite", f -> new Rules(0.5f, 0.5f, 1, 1, 2)),
        new Refused("backoff 0.0 must be above 0", f -> new Rules(2, 0, 1, 1, 2)),
        new Refused("interval 0 must be at least 1", f -> new Rules(2, 0.5f, 0, 1, 2)),
        new Refused("minimum 2.0 and maximum 1.0 must be", f -> new Rules(2, 0.5f, 1, 2, 1)),
        new Refused("maxNorm NaN must be positive", f -> clipTo(Float.NaN)),
        new Refused("maxNorm 0.0 must be positive", f -> clipTo(0)),
        new Refused("maxNorm -1.0 must be positive", f -> clipTo(-1)),
        new Refused(
            "clip value 0.0 must be positive",
            f -> f.clipping.byValue(f.stream, f.table(f.f32(3)), 0)),
        new Refused(
            "clip value NaN must be positive",
            f -> f.clipping.byValue(f.stream, f.table(f.f32(3)), Float.NaN)),
        new Refused(
            "tensor 1 of the table overlaps tensor 0 of the table in memory",
            f -> {
              Tensor twice = f.f32(3);
              f.clipping.byValue(f.stream, f.table(twice, twice), 1);
            }),
        new Refused(
            "tensor 1 of the table, bf16[3], has no memory any more: closed",
            f -> {
              Tensor gone = f.bf16(3);
              TensorTable table = f.table(f.f32(2), gone);
              gone.buffer().close();
              Tensor workspace = f.tensor(DType.F64, 2);
              f.globalNorm.compute(f.stream, f.state, table, workspace, clipTo(1));
            }),
        new Refused(
            "global_norm_partial: workspace has shape [1], which is 1 elements; 2 are needed",
            f -> {
              TensorTable table = f.table(f.f32(3), f.f32(3));
              Tensor workspace = f.tensor(DType.F64, 1);
              f.globalNorm.compute(f.stream, f.state, table, workspace, clipTo(1));
            }),
        new Refused(
            "global_norm_tensors: norms has shape [2], which is 2 elements; 1 are needed",
            f -> {
              TensorTable table = f.table(f.f32(3));
              Tensor workspace = f.tensor(DType.F64, 1);
              f.globalNorm.tensorNorms(f.stream, f.f32(2), f.state, table, workspace, NormType.L2);
            }));
  }

  private static Entry entry(OpFixture f, Tensor master, Tensor gradient, Tensor... moments) {
    return new Entry(master, gradient, f.f32(3), List.of(moments), 0);
  }

  private static void embeddingBackward(OpFixture f, Tensor dOut, Tensor ids, int padding) {
    f.embedding.backward(f.stream, f.f32(9, 5), f.f32(999), dOut, ids, padding, f.status);
  }

  private static void drop(OpFixture f, long place, float p) {
    f.dropout.forward(f.stream, f.f32(4), f.f32(4), null, f.dropoutState, place, p);
  }

  private static void bce(
      OpFixture f, Tensor logits, Tensor targets, @Nullable Tensor posWeight, Tensor workspace) {
    f.bceWithLogits.reduced(
        f.stream, f.f32(1), null, workspace, logits, targets, null, posWeight, null, true);
  }

  private static void forward(OpFixture f, Tensor out, Tensor x, Tensor weight) {
    f.linear.forward(f.stream, out, null, x, weight, null, null, Activation.NONE);
  }

  private static void packed(OpFixture f, Rows h, Rows both) {
    f.swiGlu.gluForward(
        f.stream, h, both.columns(0, 4), both.columns(4, 4), Gate.of(Activation.SILU));
  }
}
