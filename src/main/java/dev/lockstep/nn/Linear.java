package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code y = x Wᵀ + b}. Keeps nothing between the passes: its caller has x. */
final class Linear {
  private final FusedLinear op;
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final @Nullable Tensor weightParts;

  /** The parameters {@code <name>.weight} and, where asked for, {@code <name>.bias}. */
  Linear(OpSet ops, Parameters parameters, String name, boolean withBias, ActivationPlan plan) {
    this(
        ops,
        parameters.get(name + ".weight"),
        withBias ? parameters.get(name + ".bias") : null,
        plan);
  }

  Linear(OpSet ops, Parameter weight, @Nullable Parameter bias, ActivationPlan plan) {
    this.op = ops.linear();
    this.weight = weight;
    this.bias = bias;
    this.weightParts = plan.weightParts(outWidth(), weight.master().shape().cols());
  }

  /** Rows of W: the width of y. */
  long outWidth() {
    return weight.master().shape().rows();
  }

  Tensor weight() {
    return weight.compute();
  }

  @Nullable Tensor bias() {
    return bias == null ? null : bias.compute();
  }

  /** Of W, f32. */
  Tensor weightGradient() {
    return weight.gradient();
  }

  /** Of b, f32. */
  @Nullable Tensor biasGradient() {
    return bias == null ? null : bias.gradient();
  }

  /** y = x Wᵀ + b, and residual added where there is one. */
  void forward(Stream stream, Tensor y, Tensor x, @Nullable Tensor residual) {
    op.forward(stream, y, null, x, weight(), bias(), residual, Activation.NONE);
  }

  /** y = activation(x Wᵀ + b), with what went into the activation where it is asked for. */
  void forward(
      Stream stream, Tensor y, @Nullable Tensor preActivation, Tensor x, Activation activation) {
    op.forward(stream, y, preActivation, x, weight(), bias(), null, activation);
  }

  /** Adds the gradient of W, where that of b came with dY. */
  void backwardWeight(Stream stream, Tensor dY, Tensor x) {
    op.backwardWeight(stream, weight.gradient(), dY, x, weightParts);
  }

  /** Adds the gradients of W and b. */
  void backwardParameters(Stream stream, Tensor dY, Tensor x) {
    backwardWeight(stream, dY, x);
    if (bias != null) {
      op.backwardBias(stream, bias.gradient(), dY);
    }
  }

  /**
   * dX = (dY W) · activation′(preActivation), for an x that is activation(preActivation); and the
   * gradient of the bias that preActivation has.
   */
  void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor preActivation,
      Activation activation,
      @Nullable BiasGradient biasBelow) {
    op.backwardInput(
        stream, dX, dY, weight(), preActivation, activation, Activation.DEFAULT_SLOPE, biasBelow);
  }

  /** dX = dY W. */
  void backwardInput(Stream stream, Tensor dX, Tensor dY) {
    op.backwardInput(stream, dX, dY, weight());
  }
}
