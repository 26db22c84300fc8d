package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * Cross-entropy, loss and gradient in one pass: a row that fits in the shared memory of a block
 * moves twice, in and out; a longer one three times.
 */
final class LossCases {
  private static final double LIMIT = 1.03;
  private static final long ROWS = 512;
  private static final long[] VOCABULARIES = {32_000, 128_256};

  /** What a block may have on the oldest GPU with machine code of ours, sm_80. */
  private static final long ON_CHIP = 163 << 10;

  private LossCases() {}

  static void add(List<RowCase> cases, DType dtype, Sizes sizes) {
    for (Shape shape : sizes.or(ROWS, VOCABULARIES)) {
      int moves = shape.cols() * dtype.byteSize() <= ON_CHIP ? 2 : 3;
      cases.add(
          new RowCase(
              "loss",
              "cross_entropy",
              "forward+backward",
              dtype,
              shape,
              moves * Tensor.bytes(dtype, shape),
              Limits.aligned(LIMIT, dtype, shape),
              plan(dtype, shape)));
    }
  }

  private static RowCase.Plan plan(DType dtype, Shape shape) {
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
}
