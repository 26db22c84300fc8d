package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/** One residual block, all [B, D]; what it adds to the stream may be dropped out. */
abstract sealed class FeedForwardBlock permits PreNormBlock, PostNormBlock {
  private final FeedForward feedForward;
  private final StreamDropout dropout;
  private final int place;
  private final Tensor branch; // what is dropped out; used only where something is
  private final Tensor y;

  FeedForwardBlock(
      StackConfig config,
      OpSet ops,
      Parameters parameters,
      int index,
      ActivationPlan plan,
      StreamDropout dropout) {
    this.feedForward = FeedForward.of(config, ops, parameters, ModelParameters.block(index), plan);
    this.dropout = dropout;
    this.place = index;
    this.y = plan.output(config.width());
    this.branch = dropout.drops() ? plan.scratch("block.branch", config.width()) : y;
  }

  /** The block whose parameters are named {@code blocks.<index>.….weight}. */
  static FeedForwardBlock of(
      StackConfig config,
      OpSet ops,
      Parameters parameters,
      int index,
      ActivationPlan plan,
      StreamDropout dropout) {
    return switch (config.normPlacement()) {
      case PRE -> new PreNormBlock(config, ops, parameters, index, plan, dropout);
      case POST -> new PostNormBlock(config, ops, parameters, index, plan, dropout);
    };
  }

  /** Where {@link #forward} leaves y. */
  final Tensor output() {
    return y;
  }

  abstract void forward(Stream stream, Tensor x);

  /**
   * dX = the gradient of x; adds the gradients of the parameters.
   *
   * @param dX may be dY
   * @param x as in forward
   */
  abstract void backward(Stream stream, Tensor dX, Tensor dY, Tensor x);

  /** Shows what {@link #forward} in training has just computed. */
  final void show(Stream stream, ActivationWatch watch) {
    String name = ModelParameters.block(place);
    feedForward.show(stream, watch, name + ".hidden");
    watch.between(stream, name, y);
  }

  /** sum = x + dropout(ffn(n)). */
  final void add(Stream stream, Tensor sum, Tensor n, Tensor x) {
    if (dropout.drops()) {
      feedForward.forward(stream, branch, n, null);
      dropout.forward(stream, sum, branch, x, place);
    } else {
      feedForward.forward(stream, sum, n, x);
    }
  }

  /** to = a + b. */
  final void sum(Stream stream, Tensor to, Tensor a, Tensor b) {
    dropout.add(stream, to, a, b);
  }

  /** dN = the gradient n has from {@link #add}; that of x is dSum itself. */
  final void backwardBranch(Stream stream, Tensor dN, Tensor dSum, Tensor n) {
    Tensor dBranch = dSum;
    if (dropout.drops()) {
      dropout.backward(stream, branch, dSum, place);
      dBranch = branch;
    }
    feedForward.backward(stream, dN, dBranch, n);
  }
}
