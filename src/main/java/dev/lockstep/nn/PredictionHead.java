package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/** Logits over the vocabulary and their cross-entropy with the targets. */
final class PredictionHead {
  private static final SoftmaxCrossEntropy.Options OPTIONS = SoftmaxCrossEntropy.Options.defaults();

  private final SoftmaxCrossEntropy crossEntropy;
  private final Linear linear;
  private final Tensor logits; // [B, V]; the backward pass finds their gradient here
  private final SoftmaxCrossEntropy.Outputs outputs; // losses [B]
  private final Tensor gradientScale; // scalar
  private final StatusWord status;

  PredictionHead(OpSet ops, Linear linear, ActivationPlan plan) {
    this.crossEntropy = ops.crossEntropy();
    this.linear = linear;
    this.logits = plan.output(linear.outWidth());
    this.outputs =
        SoftmaxCrossEntropy.Outputs.of(plan.statistic())
            .withGradient(plan.training() ? logits : null);
    this.gradientScale = plan.tensor(DType.F32, Shape.of(1));
    this.status = new StatusWord(plan.tensor(StatusWord.DTYPE, StatusWord.SHAPE));
  }

  Tensor logits() {
    return logits;
  }

  StatusWord status() {
    return status;
  }

  void forward(Stream stream, Tensor x) {
    linear.forward(stream, logits, x, null);
  }

  /**
   * The loss of each row; in training also the gradient of the logits, in their place.
   *
   * @param upstream device scalar: the gradient of the mean loss
   */
  void loss(Stream stream, Tensor targets, Tensor upstream) {
    crossEntropy.scale(stream, gradientScale, targets, null, upstream, OPTIONS);
    crossEntropy.fused(
        stream, outputs, logits, targets, null, gradientScale, null, OPTIONS, status);
  }

  /** loss = the mean of the losses of all rows that count, or their sum. */
  void reduce(Stream stream, Tensor loss, Tensor targets, boolean mean) {
    crossEntropy.reduce(stream, loss, outputs.losses(), targets, null, OPTIONS, mean);
  }

  /** dX = the gradient of x; adds the gradients of the parameters. */
  void backward(Stream stream, Tensor dX, Tensor x) {
    linear.backwardParameters(stream, logits, x);
    linear.backwardInput(stream, dX, logits);
  }
}
