package dev.lockstep.ops;

import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Ops on single elements and on rows of tables: what is wrong with an argument. */
class ElementwiseArgumentsTests extends RefusalTests {
  static Stream<Refused> refusals() {
    return Stream.of(elementwise(), dropout(), tables()).flatMap(Function.identity());
  }

  private static Stream<Refused> elementwise() {
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

  private static Stream<Refused> dropout() {
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

  private static Stream<Refused> tables() {
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

  private static void embeddingBackward(OpFixture f, Tensor dOut, Tensor ids, int padding) {
    f.embedding.backward(f.stream, f.f32(9, 5), f.f32(999), dOut, ids, padding, f.status);
  }

  private static void drop(OpFixture f, long place, float p) {
    f.dropout.forward(f.stream, f.f32(4), f.f32(4), null, f.dropoutState, place, p);
  }

  private static void forward(OpFixture f, Tensor out, Tensor x, Tensor weight) {
    f.linear.forward(f.stream, out, null, x, weight, null, null, Activation.NONE);
  }
}
