package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BceWithLogits;
import dev.lockstep.ops.MeanSquaredError;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * Losses, each with its gradient in one pass. Cross-entropy: a row that fits in the shared memory
 * of a block moves twice, in and out; a longer one may be read again, so that a kernel which keeps
 * it on chip all the same shows as 0.67. The others move input, target and gradient.
 */
final class LossCases {
  private static final double LIMIT = 1.03;
  private static final long ROWS = 512;
  private static final long[] VOCABULARIES = {32_000, 128_256};

  /** What a block may have on the oldest GPU with machine code of ours, sm_80. */
  private static final long ON_CHIP = 163 << 10;

  private static final long ELEMENTWISE_ROWS = 16_384;
  private static final long ELEMENTWISE_COLS = 1024;

  private LossCases() {}

  static void add(List<BenchCase> cases, DType dtype, Sizes sizes) {
    for (Shape shape : sizes.or(ROWS, VOCABULARIES)) {
      cases.add(
          new BenchCase(
              "loss",
              "cross_entropy",
              "forward+backward",
              dtype,
              shape,
              moves(shape, dtype) * Tensor.bytes(dtype, shape),
              Limits.aligned(LIMIT, dtype, shape),
              crossEntropy(dtype, shape)));
    }
    for (Shape shape : sizes.or(ELEMENTWISE_ROWS, ELEMENTWISE_COLS)) {
      cases.add(elementwise("bce_with_logits", dtype, shape, binary(dtype, shape)));
      cases.add(elementwise("squared_error", dtype, shape, squared(dtype, shape)));
    }
  }

  /** How often a row of logits moves: in and out, and in again where it does not fit. */
  static int moves(Shape shape, DType dtype) {
    return shape.cols() * dtype.byteSize() <= ON_CHIP ? 2 : 3;
  }

  private static BenchCase elementwise(
      String kernel, DType dtype, Shape shape, BenchCase.Plan plan) {
    return new BenchCase(
        "loss",
        kernel,
        "forward+backward",
        dtype,
        shape,
        3 * Tensor.bytes(dtype, shape),
        Limits.aligned(LIMIT, dtype, shape),
        plan);
  }

  private static BenchCase.Plan crossEntropy(DType dtype, Shape shape) {
    return (library, memory) -> {
      SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(library);
      Outputs outputs =
          Outputs.of(memory.zeros(DType.F32, shape.rows()))
              .withGradient(memory.zeros(dtype, shape.extents()))
              .withLogSumExp(memory.zeros(DType.F32, shape.rows()));
      Tensor logits = memory.normal(dtype, shape.extents());
      Tensor targets = memory.indices(shape.rows(), shape.cols());
      Tensor gradScale = memory.scalar(1f / shape.rows());
      StatusWord status = memory.status();
      SoftmaxCrossEntropy.Options options = SoftmaxCrossEntropy.Options.defaults();
      return stream ->
          op.fused(stream, outputs, logits, targets, null, gradScale, null, options, status);
    };
  }

  private static BenchCase.Plan binary(DType dtype, Shape shape) {
    return (library, memory) -> {
      BceWithLogits op = new BceWithLogits(library);
      Tensor loss = memory.zeros(DType.F32, 1);
      Tensor dLogits = memory.zeros(dtype, shape.extents());
      Tensor workspace = memory.zeros(DType.F32, BceWithLogits.workspaceShape(shape).extents());
      Tensor logits = memory.normal(dtype, shape.extents());
      // Nobody is asked to be right: 0 is as good a target as any.
      Tensor targets = memory.zeros(dtype, shape.extents());
      return stream ->
          op.reduced(stream, loss, dLogits, workspace, logits, targets, null, null, null, true);
    };
  }

  private static BenchCase.Plan squared(DType dtype, Shape shape) {
    return (library, memory) -> {
      MeanSquaredError op = new MeanSquaredError(library);
      Tensor loss = memory.zeros(DType.F32, 1);
      Tensor dInput = memory.zeros(dtype, shape.extents());
      Tensor workspace = memory.zeros(DType.F32, MeanSquaredError.workspaceShape(shape).extents());
      Tensor input = memory.normal(dtype, shape.extents());
      Tensor target = memory.normal(dtype, shape.extents());
      return stream -> op.reduced(stream, loss, dInput, null, workspace, input, target, null, true);
    };
  }
}
