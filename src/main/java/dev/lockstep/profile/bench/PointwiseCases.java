package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Accuracy;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.Activations;
import dev.lockstep.ops.BiasActivation;
import dev.lockstep.ops.Gate;
import dev.lockstep.ops.SwiGlu;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * Activations, of two tensors forward and three backward, those of a library's product with its
 * bias, and gates, of three and five tensors, six where backward writes h again: every sector is
 * full and moves once.
 */
final class PointwiseCases {
  private static final double LIMIT = 1.00;

  /** Every row of threads reads the bias anew: 4 tensors for 3 in what is requested. */
  private static final double BIAS_LIMIT = 1.34;

  private static final long ROWS = 16_384;
  private static final long[] COLS = {1024, 4096, 8192};

  private static final float SLOPE = Activation.DEFAULT_SLOPE;

  private PointwiseCases() {}

  static void add(List<BenchCase> cases, DType dtype, Sizes sizes) {
    List<Shape> shapes = sizes.or(ROWS, COLS);
    for (Activation activation : Activation.values()) {
      if (activation != Activation.NONE) {
        shapes.forEach(shape -> addActivation(cases, activation, dtype, shape));
      }
    }
    shapes.forEach(shape -> cases.add(biasActivation(dtype, shape)));
    for (Activation activation : Activation.values()) {
      if (activation != Activation.LEAKY_RELU) {
        String kernel = "glu_" + activation.label();
        shapes.forEach(shape -> addGate(cases, kernel, Gate.of(activation), dtype, shape));
      }
    }
    Gate clamped = Gate.clampedSwiGlu(7, 1.702f);
    shapes.forEach(shape -> addGate(cases, "glu_silu_clamped", clamped, dtype, shape));
  }

  /** As after a library's product in training: what backward needs takes the product's place. */
  private static BenchCase biasActivation(DType dtype, Shape shape) {
    return new BenchCase(
        "activation",
        "bias_gelu_tanh",
        "forward",
        dtype,
        shape,
        3 * Tensor.bytes(dtype, shape) + Tensor.bytes(dtype, Shape.of(shape.cols())),
        Limits.aligned(BIAS_LIMIT, dtype, shape),
        (library, memory) -> {
          BiasActivation op = new BiasActivation(library);
          Tensor out = memory.zeros(dtype, shape.extents());
          Tensor z = memory.normal(dtype, shape.extents());
          Tensor bias = memory.normal(dtype, shape.cols());
          return stream -> op.forward(stream, out, z, z, bias, null, Activation.GELU_TANH, 0, null);
        });
  }

  private static void addActivation(
      List<BenchCase> cases, Activation activation, DType dtype, Shape shape) {
    for (Accuracy accuracy : Accuracy.values()) {
      if (accuracy == Accuracy.ACCURATE || !ofComparisons(activation)) {
        String suffix = accuracy == Accuracy.FAST ? " fast" : "";
        String kernel = activation.label();
        cases.add(
            row(
                "activation",
                kernel,
                "forward" + suffix,
                dtype,
                shape,
                2,
                (library, memory) -> {
                  Activations op = new Activations(library);
                  Tensor y = memory.zeros(dtype, shape.extents());
                  Tensor x = memory.normal(dtype, shape.extents());
                  return stream -> op.forward(stream, y, x, activation, SLOPE, accuracy);
                }));
        cases.add(
            row(
                "activation",
                kernel,
                "backward" + suffix,
                dtype,
                shape,
                3,
                (library, memory) -> {
                  Activations op = new Activations(library);
                  Tensor dX = memory.zeros(dtype, shape.extents());
                  Tensor dY = memory.normal(dtype, shape.extents());
                  Tensor x = memory.normal(dtype, shape.extents());
                  return stream -> op.backward(stream, dX, dY, x, activation, SLOPE, accuracy);
                }));
      }
    }
  }

  /** Those have nothing to be fast at. */
  private static boolean ofComparisons(Activation activation) {
    return activation == Activation.RELU || activation == Activation.LEAKY_RELU;
  }

  private static void addGate(
      List<BenchCase> cases, String kernel, Gate gate, DType dtype, Shape shape) {
    cases.add(row("gate", kernel, "forward", dtype, shape, 3, gateForward(gate, dtype, shape)));
    for (boolean again : new boolean[] {false, true}) {
      cases.add(
          row(
              "gate",
              kernel,
              again ? "backward+h" : "backward",
              dtype,
              shape,
              again ? 6 : 5,
              gateBackward(gate, dtype, shape, again)));
    }
  }

  private static BenchCase.Plan gateForward(Gate kind, DType dtype, Shape shape) {
    return (library, memory) -> {
      SwiGlu op = new SwiGlu(library);
      Rows h = Rows.of(memory.zeros(dtype, shape.extents()));
      Rows gate = Rows.of(memory.normal(dtype, shape.extents()));
      Rows up = Rows.of(memory.normal(dtype, shape.extents()));
      return stream -> op.gluForward(stream, h, gate, up, kind);
    };
  }

  /**
   * @param again whether h is written again, for whoever did not keep it
   */
  private static BenchCase.Plan gateBackward(Gate kind, DType dtype, Shape shape, boolean again) {
    return (library, memory) -> {
      SwiGlu op = new SwiGlu(library);
      Rows dGate = Rows.of(memory.zeros(dtype, shape.extents()));
      Rows dUp = Rows.of(memory.zeros(dtype, shape.extents()));
      Rows h = again ? Rows.of(memory.zeros(dtype, shape.extents())) : null;
      Rows dH = Rows.of(memory.normal(dtype, shape.extents()));
      Rows gate = Rows.of(memory.normal(dtype, shape.extents()));
      Rows up = Rows.of(memory.normal(dtype, shape.extents()));
      return stream -> op.gluBackward(stream, dGate, dUp, h, dH, gate, up, kind);
    };
  }

  private static BenchCase row(
      String group,
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      int tensors,
      BenchCase.Plan plan) {
    return new BenchCase(
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
