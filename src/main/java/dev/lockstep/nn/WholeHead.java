package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.tensor.Tensor;

/** A head that has all logits at once. */
final class WholeHead extends PredictionHead {
  private final Tensor logits; // [B, V]; the backward pass finds their gradient here
  private final SoftmaxCrossEntropy.Outputs outputs;
  private final Tensor dX; // [B, D]

  WholeHead(OpSet ops, Linear linear, ActivationPlan plan, long width) {
    super(ops, linear, plan);
    logits = plan.output(linear.outWidth());
    outputs =
        SoftmaxCrossEntropy.Outputs.of(losses()).withGradient(plan.training() ? logits : null);
    dX = plan.scratch("block.dN", width);
  }

  @Override
  Tensor logits() {
    return logits;
  }

  @Override
  Tensor inputGradient() {
    return dX;
  }

  @Override
  void forward(Stream stream, Tensor x) {
    linear().forward(stream, logits, x, null);
  }

  @Override
  void show(Stream stream, ActivationWatch watch) {
    watch.between(stream, LOGITS, logits);
  }

  @Override
  void loss(Stream stream, SoftmaxCrossEntropy op, Tensor x, Tensor targets, Tensor gradientScale) {
    op.fused(stream, outputs, logits, targets, null, gradientScale, null, OPTIONS, status());
  }

  @Override
  void backward(Stream stream, Tensor x) {
    linear().backwardParameters(stream, logits, x);
    linear().backwardInput(stream, dX, logits);
  }
}
