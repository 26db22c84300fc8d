package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.LinearCrossEntropy;
import dev.lockstep.ops.LogitChunks;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.tensor.Tensor;

/**
 * A head that has the logits of some rows at a time, so that their gradient is all used while they
 * are there: the loss comes with the backward pass.
 */
final class ChunkedHead extends PredictionHead {
  private final LinearCrossEntropy op;
  private final LogitChunks chunks;
  private final Tensor workspace;
  private final SoftmaxCrossEntropy.Outputs outputs;
  private final boolean training;
  private final Tensor dX; // [B, D]

  ChunkedHead(OpSet ops, Linear linear, ActivationPlan plan, long width, LogitChunks chunks) {
    super(ops, linear, plan);
    this.op = ops.linearCrossEntropy();
    this.chunks = chunks;
    this.workspace = plan.tensor(plan.dtype(), chunks.workspaceShape());
    this.outputs = SoftmaxCrossEntropy.Outputs.of(losses());
    this.training = plan.training();
    this.dX = plan.saved("head.dX", width);
  }

  @Override
  Tensor logits() {
    throw new IllegalStateException(
        "logits are computed for %d of %d rows at a time, and never kept"
            .formatted(chunks.chunkRows(), chunks.rows()));
  }

  @Override
  Tensor inputGradient() {
    return dX;
  }

  /** Waits for the targets. */
  @Override
  void forward(Stream stream, Tensor x) {}

  @Override
  void show(Stream stream, ActivationWatch watch) {
    watch.absent(LOGITS);
  }

  @Override
  void loss(
      Stream stream, SoftmaxCrossEntropy loss, Tensor x, Tensor targets, Tensor gradientScale) {
    LinearCrossEntropy.Inputs inputs =
        new LinearCrossEntropy.Inputs(x, linear().weight(), linear().bias(), targets, null);
    if (training) {
      LinearCrossEntropy.Gradients gradients =
          new LinearCrossEntropy.Gradients(
              dX, linear().weightGradient(), linear().biasGradient(), gradientScale, null);
      op.fused(stream, outputs, gradients, inputs, OPTIONS, chunks, workspace, status());
    } else {
      op.forward(stream, outputs, inputs, OPTIONS, chunks, workspace, status());
    }
  }

  /** There is nothing left to do. */
  @Override
  void backward(Stream stream, Tensor x) {}
}
