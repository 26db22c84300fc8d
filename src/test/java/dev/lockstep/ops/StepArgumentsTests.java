package dev.lockstep.ops;

import static dev.lockstep.ops.GlobalNorm.Options.clipTo;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel.Settings;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.LossScaling.Rules;
import dev.lockstep.ops.ParameterTable.Entry;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Optimisers, clipping and what else a step is made of: what is wrong with an argument. */
class StepArgumentsTests extends RefusalTests {
  private static final Settings ADAM = Settings.adamW(0.9f, 0.999f, 1e-8f);
  private static final SgdKernel.Settings PLAIN_SGD = new SgdKernel.Settings(0, 0, false);

  static Stream<Refused> refusals() {
    return Stream.of(optimizer(), steps()).flatMap(Function.identity());
  }

  private static Stream<Refused> optimizer() {
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

  private static Stream<Refused> steps() {
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
}
