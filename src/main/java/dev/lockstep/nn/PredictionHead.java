package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LogitChunks;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/** Logits over the vocabulary and their cross-entropy with the targets. */
abstract sealed class PredictionHead permits WholeHead, ChunkedHead {
  static final SoftmaxCrossEntropy.Options OPTIONS = SoftmaxCrossEntropy.Options.defaults();

  /** What those are called that watch. */
  static final String LOGITS = "logits";

  private final SoftmaxCrossEntropy crossEntropy;
  private final Linear linear;
  private final Tensor losses; // [B]
  private final Tensor gradientScale; // scalar
  private final StatusWord status;

  PredictionHead(OpSet ops, Linear linear, ActivationPlan plan) {
    this.crossEntropy = ops.crossEntropy();
    this.linear = linear;
    this.losses = plan.statistic();
    this.gradientScale = plan.tensor(DType.F32, Shape.of(1));
    this.status = new StatusWord(plan.tensor(StatusWord.DTYPE, StatusWord.SHAPE));
  }

  /**
   * A head that keeps all logits where they fit in the budget, and goes through them in chunks
   * where not.
   *
   * @param width of x
   * @param budgetBytes what the logits may take, and beside those of a chunk the parts of the
   *     weight's gradient
   * @throws IllegalArgumentException when not even the logits of one row fit
   */
  static PredictionHead of(
      OpSet ops, Linear linear, ActivationPlan plan, long width, long budgetBytes) {
    long rows = plan.rows();
    if (LogitChunks.of(rows, linear.outWidth(), plan.dtype(), budgetBytes).count() == 1) {
      return new WholeHead(ops, linear, plan, width);
    }
    LogitChunks chunks = LogitChunks.of(rows, linear.outWidth(), width, plan.dtype(), budgetBytes);
    return new ChunkedHead(ops, linear, plan, width, chunks);
  }

  final Linear linear() {
    return linear;
  }

  final Tensor losses() {
    return losses;
  }

  final StatusWord status() {
    return status;
  }

  /**
   * [B, V].
   *
   * @throws IllegalStateException when they are never there all at once
   */
  abstract Tensor logits();

  /** [B, D]: the gradient of x, once {@link #backward} was called. */
  abstract Tensor inputGradient();

  abstract void forward(Stream stream, Tensor x);

  /** Shows the logits {@link #forward} has just computed, or that it has none. */
  abstract void show(Stream stream, ActivationWatch watch);

  /**
   * The loss of each row; in training also what of the gradient can be computed by now.
   *
   * @param x what {@link #forward} was given
   * @param upstream device scalar: the gradient of the mean loss
   */
  final void loss(Stream stream, Tensor x, Tensor targets, Tensor upstream) {
    crossEntropy.scale(stream, gradientScale, targets, null, upstream, OPTIONS);
    loss(stream, crossEntropy, x, targets, gradientScale);
  }

  /** The same, with the factor every row's gradient has. */
  abstract void loss(
      Stream stream, SoftmaxCrossEntropy op, Tensor x, Tensor targets, Tensor gradientScale);

  /** loss = the mean of the losses of all rows that count, or their sum. */
  final void reduce(Stream stream, Tensor loss, Tensor targets, boolean mean) {
    crossEntropy.reduce(stream, loss, losses, targets, null, OPTIONS, mean);
  }

  /** Completes {@link #inputGradient} and the gradients of the parameters. */
  abstract void backward(Stream stream, Tensor x);
}
