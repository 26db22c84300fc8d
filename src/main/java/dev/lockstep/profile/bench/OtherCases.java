package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Cast;
import dev.lockstep.ops.Dropout;
import dev.lockstep.ops.DropoutState;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.GradientScaling;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.Softmax;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.OptionalDouble;

/** Kernels that move numbers about. */
final class OtherCases {
  private static final double LIMIT = 1.00;

  /** Every warp reads a number from the device before its first vectors. */
  private static final double SCALAR_LIMIT = 1.05;

  private static final OptionalDouble NONE = OptionalDouble.empty();
  private static final long ROWS = 16_384;
  private static final long COLS = 4096;
  private static final float P = 0.1f;
  private static final int VOCABULARY = 32_000;

  private OtherCases() {}

  static void add(List<BenchCase> cases, DType dtype, Sizes sizes) {
    for (Shape shape : sizes.or(ROWS, COLS)) {
      DType other = dtype == DType.F32 ? DType.BF16 : DType.F32;
      long both = Tensor.bytes(dtype, shape) + Tensor.bytes(other, shape);
      OptionalDouble limit = Limits.aligned(LIMIT, dtype, shape);
      OptionalDouble scalar = Limits.aligned(SCALAR_LIMIT, dtype, shape);
      cases.add(
          row(
              "cast",
              "to " + other.suffix(),
              dtype,
              shape,
              both,
              limit,
              cast(dtype, other, shape)));
      cases.add(
          row(
              "cast",
              "from " + other.suffix(),
              dtype,
              shape,
              both,
              limit,
              cast(other, dtype, shape)));
      long once = Tensor.bytes(dtype, shape);
      cases.add(row("scale", "in place", dtype, shape, 2 * once, scalar, scale(dtype, shape)));
      cases.add(
          row("dropout", "forward", dtype, shape, 2 * once, scalar, drop(dtype, shape, false)));
      cases.add(
          row(
              "dropout",
              "forward+residual",
              dtype,
              shape,
              3 * once,
              scalar,
              drop(dtype, shape, true)));
      cases.add(
          row("dropout", "backward", dtype, shape, 2 * once, scalar, dropBackward(dtype, shape)));
      addSoftmax(cases, "softmax", false, dtype, shape);
      addSoftmax(cases, "log_softmax", true, dtype, shape);
      cases.add(
          row(
              "embedding",
              "forward",
              dtype,
              shape,
              2 * Tensor.bytes(dtype, shape),
              NONE,
              embeddingForward(dtype, shape)));
      cases.add(
          row(
              "embedding",
              "backward",
              dtype,
              shape,
              Tensor.bytes(dtype, shape) + gradientBytes(shape),
              NONE,
              embeddingBackward(dtype, shape)));
    }
  }

  private static BenchCase row(
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      long fewestBytes,
      OptionalDouble limit,
      BenchCase.Plan plan) {
    return new BenchCase("other", kernel, pass, dtype, shape, fewestBytes, limit, plan);
  }

  private static BenchCase.Plan cast(DType from, DType to, Shape shape) {
    return (library, memory) -> {
      Cast op = new Cast(library);
      Tensor target = memory.zeros(to, shape.extents());
      Tensor source = memory.normal(from, shape.extents());
      return stream -> op.cast(stream, target, source);
    };
  }

  private static BenchCase.Plan scale(DType dtype, Shape shape) {
    return (library, memory) -> {
      GradientScaling op = new GradientScaling(library);
      Tensor gradient = memory.normal(dtype, shape.extents());
      Tensor factor = memory.scalar(0.5f);
      return stream -> op.scale(stream, gradient, factor);
    };
  }

  private static BenchCase.Plan drop(DType dtype, Shape shape, boolean residual) {
    return (library, memory) -> {
      Dropout op = new Dropout(library);
      Tensor y = memory.zeros(dtype, shape.extents());
      Tensor x = memory.normal(dtype, shape.extents());
      Tensor added = residual ? memory.normal(dtype, shape.extents()) : null;
      DropoutState state = state(library, memory);
      return stream -> op.forward(stream, y, x, added, state, 0, P);
    };
  }

  private static BenchCase.Plan dropBackward(DType dtype, Shape shape) {
    return (library, memory) -> {
      Dropout op = new Dropout(library);
      Tensor dX = memory.zeros(dtype, shape.extents());
      Tensor dY = memory.normal(dtype, shape.extents());
      DropoutState state = state(library, memory);
      return stream -> op.backward(stream, dX, dY, state, 0, P);
    };
  }

  private static DropoutState state(KernelLibrary library, CaseMemory memory) {
    Tensor storage = memory.zeros(DropoutState.DTYPE, DropoutState.SHAPE.extents());
    DropoutState state = new DropoutState(library, storage);
    state.reset(memory.stream(), 1, 0);
    return state;
  }

  private static void addSoftmax(
      List<BenchCase> cases, String kernel, boolean log, DType dtype, Shape shape) {
    OptionalDouble limit = Limits.aligned(LIMIT, dtype, shape);
    long once = Tensor.bytes(dtype, shape);
    BenchCase.Plan forward =
        (library, memory) -> {
          Softmax op = new Softmax(library);
          Tensor y = memory.zeros(dtype, shape.extents());
          Tensor x = memory.normal(dtype, shape.extents());
          return stream -> op.forward(stream, y, x, log);
        };
    BenchCase.Plan backward =
        (library, memory) -> {
          Softmax op = new Softmax(library);
          Tensor dX = memory.zeros(dtype, shape.extents());
          Tensor dY = memory.normal(dtype, shape.extents());
          Tensor y = memory.normal(dtype, shape.extents());
          return stream -> op.backward(stream, dX, dY, y, log);
        };
    cases.add(row(kernel, "forward", dtype, shape, 2 * once, limit, forward));
    cases.add(row(kernel, "backward", dtype, shape, 3 * once, limit, backward));
  }

  private static BenchCase.Plan embeddingForward(DType dtype, Shape shape) {
    return (library, memory) -> {
      Embedding op = new Embedding(library);
      Tensor out = memory.zeros(dtype, shape.extents());
      Tensor weight = memory.normal(dtype, VOCABULARY, shape.cols());
      Tensor ids = memory.indices(shape.rows(), VOCABULARY);
      StatusWord status = memory.status();
      return stream -> op.forward(stream, out, weight, ids, status);
    };
  }

  private static BenchCase.Plan embeddingBackward(DType dtype, Shape shape) {
    return (library, memory) -> {
      Embedding op = new Embedding(library);
      Tensor dWeight = memory.zeros(DType.F32, VOCABULARY, shape.cols());
      Tensor dOut = memory.normal(dtype, shape.extents());
      Tensor ids = memory.indices(shape.rows(), VOCABULARY);
      Shape words = Embedding.workspaceShape(dWeight.shape(), shape.rows());
      Tensor workspace = memory.zeros(DType.F32, words.extents());
      StatusWord status = memory.status();
      return stream -> op.backward(stream, dWeight, workspace, dOut, ids, status);
    };
  }

  /** The gradient's rows that some id picks are read and written. */
  private static long gradientBytes(Shape shape) {
    long picked = Math.min(shape.rows(), VOCABULARY);
    return 2 * Tensor.bytes(DType.F32, Shape.of(picked, shape.cols()));
  }
}
