package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.stream.Stream;

/** Norms: what is wrong with an argument. */
class NormArgumentsTests extends RefusalTests {
  private static final float EPS = 1e-5f;

  static Stream<Refused> refusals() {
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

  private static void forward(OpFixture f, Tensor out, Tensor x, Tensor weight) {
    f.linear.forward(f.stream, out, null, x, weight, null, null, Activation.NONE);
  }
}
