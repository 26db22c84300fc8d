package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/** One pre-norm residual block: y = x + ffn(norm(x)), all [B, D]. */
final class FeedForwardBlock {
  private final Norm norm;
  private final FeedForward feedForward;
  private final Tensor n;
  private final Tensor y;
  private final Tensor dN;

  /** The block whose parameters are named {@code <name>.….weight}. */
  FeedForwardBlock(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      String name,
      ActivationPlan plan) {
    norm = Norm.of(config, ops, parameters, name + ".norm", plan);
    feedForward = FeedForward.of(config, ops, parameters, name, plan);
    n = plan.saved("block.n", config.width());
    y = plan.output(config.width());
    dN = plan.scratch("block.dN", config.width());
  }

  /** Where {@link #forward} leaves y. */
  Tensor output() {
    return y;
  }

  void forward(Stream stream, Tensor x) {
    norm.forward(stream, n, x);
    feedForward.forward(stream, y, n, x);
  }

  /**
   * Turns the gradient of y into that of x, in place: the residual path hands it on as it is, and
   * the norm's backward pass adds its own.
   */
  void backward(Stream stream, Tensor dStream, Tensor x) {
    feedForward.backward(stream, dN, dStream, n);
    norm.backward(stream, dStream, dN, dStream, x);
  }
}
