package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.Activations;
import dev.lockstep.ops.SwiGlu;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * Activations, of two tensors forward and three backward, and gates, of three and five: every
 * sector is full and moves once.
 */
final class PointwiseCases {
  private static final double LIMIT = 1.00;
  private static final long ROWS = 16_384;
  private static final long[] COLS = {1024, 4096, 8192};

  private PointwiseCases() {}

  static void add(List<RowCase> cases, DType dtype, Sizes sizes) {
    List<Shape> shapes = sizes.or(ROWS, COLS);
    for (Activation activation : Activation.values()) {
      if (activation != Activation.NONE) {
        shapes.forEach(shape -> addActivation(cases, activation, dtype, shape));
      }
    }
    for (Activation activation : Activation.values()) {
      if (activation != Activation.LEAKY_RELU) {
        shapes.forEach(shape -> addGate(cases, activation, dtype, shape));
      }
    }
  }

  private static void addActivation(
      List<RowCase> cases, Activation activation, DType dtype, Shape shape) {
    String kernel = activation.label();
    cases.add(
        row(
            "activation",
            kernel,
            "forward",
            dtype,
            shape,
            2,
            (library, memory) -> {
              Activations op = new Activations(library);
              Tensor y = memory.zeros(dtype, shape.extents());
              Tensor x = memory.normal(dtype, shape.extents());
              return stream -> op.forward(stream, y, x, activation);
            }));
    cases.add(
        row(
            "activation",
            kernel,
            "backward",
            dtype,
            shape,
            3,
            (library, memory) -> {
              Activations op = new Activations(library);
              Tensor dX = memory.zeros(dtype, shape.extents());
              Tensor dY = memory.normal(dtype, shape.extents());
              Tensor x = memory.normal(dtype, shape.extents());
              return stream -> op.backward(stream, dX, dY, x, activation);
            }));
  }

  private static void addGate(
      List<RowCase> cases, Activation activation, DType dtype, Shape shape) {
    String kernel = "glu_" + activation.label();
    cases.add(
        row(
            "gate",
            kernel,
            "forward",
            dtype,
            shape,
            3,
            (library, memory) -> {
              SwiGlu op = new SwiGlu(library);
              Tensor h = memory.zeros(dtype, shape.extents());
              Tensor gate = memory.normal(dtype, shape.extents());
              Tensor up = memory.normal(dtype, shape.extents());
              return stream -> op.gluForward(stream, h, gate, up, activation);
            }));
    cases.add(
        row(
            "gate",
            kernel,
            "backward",
            dtype,
            shape,
            5,
            (library, memory) -> {
              SwiGlu op = new SwiGlu(library);
              Tensor dGate = memory.zeros(dtype, shape.extents());
              Tensor dUp = memory.zeros(dtype, shape.extents());
              Tensor dH = memory.normal(dtype, shape.extents());
              Tensor gate = memory.normal(dtype, shape.extents());
              Tensor up = memory.normal(dtype, shape.extents());
              return stream -> op.gluBackward(stream, dGate, dUp, dH, gate, up, activation);
            }));
  }

  private static RowCase row(
      String group,
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      int tensors,
      RowCase.Plan plan) {
    return new RowCase(
        group,
        kernel,
        pass,
        dtype,
        shape,
        tensors * Tensor.bytes(dtype, shape),
        Limits.aligned(LIMIT, dtype, shape),
        plan);
  }
}
