package dev.lockstep.ops;

import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Losses: what is wrong with an argument. */
class LossArgumentsTests extends RefusalTests {
  private static final Options PLAIN = Options.defaults();

  static Stream<Refused> refusals() {
    return Stream.of(losses(), elementwiseLosses()).flatMap(Function.identity());
  }

  private static Stream<Refused> losses() {
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

  private static Stream<Refused> elementwiseLosses() {
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

  private static void bce(
      OpFixture f, Tensor logits, Tensor targets, @Nullable Tensor posWeight, Tensor workspace) {
    f.bceWithLogits.reduced(
        f.stream, f.f32(1), null, workspace, logits, targets, null, posWeight, null, true);
  }
}
