package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LinearCrossEntropy.Gradients;
import dev.lockstep.ops.LinearCrossEntropy.Inputs;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Linear cross-entropy: what is wrong with an argument, before the first of many launches. */
class LinearCrossEntropyArgumentsTests extends RefusalTests {
  private static final Options PLAIN = Options.defaults();
  private static final LogitChunks CHUNKS = new LogitChunks(4, 8, DType.F32, 2);

  static Stream<Refused> refusals() {
    return Stream.concat(inputs(), results());
  }

  private static Stream<Refused> inputs() {
    return Stream.of(
        refused(
            "linear_cross_entropy_f32: chunks are of 5 rows of 8 logits in f32; 4 rows of 8 in f32",
            f -> call(f).chunks(new LogitChunks(5, 8, DType.F32, 2))),
        refused(
            "linear_cross_entropy_f32: chunks are for an x of width 4; it has 3",
            f -> call(f).chunks(new LogitChunks(4, 8, 4, DType.F32, 2))),
        refused(
            "chunks are of 4 rows of 9 logits in f32; 4 rows of 8 in f32 are needed",
            f -> call(f).chunks(new LogitChunks(4, 9, DType.F32, 2))),
        refused(
            "chunks are of 4 rows of 8 logits in bf16; 4 rows of 8 in f32 are needed",
            f -> call(f).chunks(new LogitChunks(4, 8, DType.BF16, 2))),
        refused(
            "weight has shape [8, 4], which is 8 rows of 4; 8 rows of 3 are needed",
            f -> call(f).inputs(f.f32(4, 3), f.f32(8, 4), null, f.i32(4), null)),
        refused(
            "weight is f16; f32 is needed",
            f -> call(f).inputs(f.f32(4, 3), f.f16(8, 3), null, f.i32(4), null)),
        refused(
            "bias has shape [7], which is 7 elements; 8 are needed",
            f -> call(f).inputs(f.f32(4, 3), f.f32(8, 3), f.f32(7), f.i32(4), null)),
        refused(
            "targets has shape [3], which is 3 elements; 4 are needed",
            f -> call(f).inputs(f.f32(4, 3), f.f32(8, 3), null, f.i32(3), null)),
        refused(
            "classWeights has shape [8], which is 8 elements; 6 are needed",
            f ->
                call(f)
                    .inputs(f.f32(4, 3), f.f32(8, 3), null, f.i32(4), f.f32(8))
                    .options(PLAIN.withClasses(6))),
        refused("classes is 9; weight has 8 rows only", f -> call(f).options(PLAIN.withClasses(9))),
        refused(
            "workspace is f32[15], too small; f32[2, 8] is needed",
            f -> call(f).workspace(f.f32(15))),
        refused("workspace is bf16; f32 is needed", f -> call(f).workspace(f.bf16(2, 8))));
  }

  private static Stream<Refused> results() {
    return Stream.of(
        refused(
            "dLogits are asked for, and never there as a whole",
            f -> call(f).outputs(Outputs.of(f.f32(4)).withGradient(f.f32(4, 8)))),
        refused(
            "losses has shape [5], which is 5 elements; 4 are needed",
            f -> call(f).outputs(Outputs.of(f.f32(5)))),
        refused(
            "predictions is f32; i32 is needed",
            f -> call(f).outputs(Outputs.of(f.f32(4)).withPredictions(f.f32(4)))),
        refused(
            "dX has shape [4, 8], which is 4 rows of 8; 4 rows of 3 are needed",
            f -> call(f).gradients(f.f32(4, 8), null, null, f.f32(1), null)),
        refused(
            "dWeight has shape [3, 8], which is 3 rows of 8; 8 rows of 3 are needed",
            f -> call(f).gradients(null, f.f32(3, 8), null, f.f32(1), null)),
        refused(
            "dBias is bf16; f32 is needed",
            f -> call(f).gradients(null, null, f.bf16(8), f.f32(1), null)),
        refused(
            "gradScale has shape [4], which is 4 elements; 1 are needed",
            f -> call(f).gradients(null, null, null, f.f32(4), null)),
        refused(
            "rowGrad has shape [1], which is 1 elements; 4 are needed",
            f -> call(f).gradients(null, null, null, f.f32(1), f.f32(1))),
        refused(
            "dX overlaps x in memory",
            f -> {
              Call call = call(f);
              return call.gradients(call.inputs.x(), null, null, f.f32(1), null);
            }),
        refused(
            "dWeight overlaps weight in memory",
            f -> {
              Call call = call(f);
              return call.gradients(null, call.inputs.weight(), null, f.f32(1), null);
            }),
        refused(
            "dX overlaps workspace in memory",
            f -> {
              Tensor shared = f.f32(16);
              Tensor dX = shared.slice(0, 12).reshape(f.f32(4, 3).shape());
              return call(f).workspace(shared).gradients(dX, null, null, f.f32(1), null);
            }));
  }

  private static Refused refused(String message, Function<OpFixture, Call> call) {
    return new Refused(message, f -> call.apply(f).run(f));
  }

  private static Call call(OpFixture f) {
    return new Call(f);
  }

  /** A call of 4 rows, 8 columns and a depth of 3 in which nothing is wrong yet. */
  private static final class Call {
    private Inputs inputs;
    private Outputs outputs;
    private @Nullable Gradients gradients;
    private Options options = PLAIN;
    private LogitChunks chunks = CHUNKS;
    private Tensor workspace;

    Call(OpFixture f) {
      inputs = new Inputs(f.f32(4, 3), f.f32(8, 3), null, f.i32(4), null);
      outputs = Outputs.of(f.f32(4));
      workspace = f.f32(2, 8);
    }

    Call inputs(
        Tensor x, Tensor weight, @Nullable Tensor bias, Tensor targets, @Nullable Tensor weights) {
      inputs = new Inputs(x, weight, bias, targets, weights);
      return this;
    }

    Call outputs(Outputs of) {
      outputs = of;
      return this;
    }

    Call gradients(
        @Nullable Tensor dX,
        @Nullable Tensor dWeight,
        @Nullable Tensor dBias,
        Tensor scale,
        @Nullable Tensor rowGrad) {
      gradients = new Gradients(dX, dWeight, dBias, scale, rowGrad);
      return this;
    }

    Call options(Options of) {
      options = of;
      return this;
    }

    Call chunks(LogitChunks of) {
      chunks = of;
      return this;
    }

    Call workspace(Tensor of) {
      workspace = of;
      return this;
    }

    void run(OpFixture f) {
      if (gradients == null) {
        f.linearCrossEntropy.forward(
            f.stream, outputs, inputs, options, chunks, workspace, f.status);
      } else {
        f.linearCrossEntropy.fused(
            f.stream, outputs, gradients, inputs, options, chunks, workspace, f.status);
      }
    }
  }
}
