package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activation;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What a block computes between its norm and its residual addition. */
sealed interface FeedForward {
  /**
   * y = ffn(n) + residual; the addition is part of the last product.
   *
   * @param n [B, D], the normalised stream
   */
  void forward(Stream stream, Tensor y, Tensor n, Tensor residual);

  /**
   * dN = the gradient of n; adds the gradients of the parameters. Uses up what forward saved.
   *
   * @param dY [B, D], the gradient of y
   * @param n as in forward
   */
  void backward(Stream stream, Tensor dN, Tensor dY, Tensor n);

  /** The feed-forward network of a configuration, its parameters named {@code <block>.….weight}. */
  static FeedForward of(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      String block,
      ActivationPlan plan) {
    return config.feedForward().gated()
        ? new Gated(config, ops, parameters, block, plan)
        : new Plain(config, ops, parameters, block, plan);
  }

  /** down(activation(gate(n)) · up(n)). */
  final class Gated implements FeedForward {
    private final OpSet ops;
    private final Activation activation;
    private final Linear gate;
    private final Linear up;
    private final Linear down;
    private final Tensor gated; // [B, H]
    private final Tensor raised; // [B, H]
    private final Tensor h; // [B, H]
    private final Tensor dH; // [B, H]
    private final boolean training;

    private Gated(
        LanguageModelConfig config,
        OpSet ops,
        Parameters parameters,
        String block,
        ActivationPlan plan) {
      boolean bias = config.feedForwardBias();
      this.ops = ops;
      this.activation = config.feedForward().activation();
      this.gate = new Linear(ops, parameters, block + ".gate", bias);
      this.up = new Linear(ops, parameters, block + ".up", bias);
      this.down = new Linear(ops, parameters, block + ".down", bias);
      this.gated = plan.saved("ffn.gate", config.hidden());
      this.raised = plan.saved("ffn.up", config.hidden());
      this.h = plan.saved("ffn.h", config.hidden());
      this.dH = plan.scratch("ffn.dH", config.hidden());
      this.training = plan.training();
    }

    @Override
    public void forward(Stream stream, Tensor y, Tensor n, Tensor residual) {
      ops.swiGlu()
          .forward(
              stream,
              h,
              training ? gated : null,
              training ? raised : null,
              n,
              gate.weight(),
              up.weight(),
              gate.bias(),
              up.bias(),
              activation);
      down.forward(stream, y, h, residual);
    }

    @Override
    public void backward(Stream stream, Tensor dN, Tensor dY, Tensor n) {
      down.backwardParameters(stream, dY, h);
      down.backwardInput(stream, dH, dY);
      // In place: from here on gated and raised hold their own gradients.
      ops.swiGlu().gluBackward(stream, gated, raised, dH, gated, raised, activation);
      gate.backwardParameters(stream, gated, n);
      up.backwardParameters(stream, raised, n);
      ops.linear().backwardInput(stream, dN, gated, gate.weight(), raised, up.weight());
    }
  }

  /** fc2(activation(fc1(n))). */
  final class Plain implements FeedForward {
    private final OpSet ops;
    private final Activation activation;
    private final Linear fc1;
    private final Linear fc2;
    private final @Nullable Tensor preActivation; // [B, H]
    private final Tensor h; // [B, H]
    private final Tensor dH; // [B, H]

    private Plain(
        LanguageModelConfig config,
        OpSet ops,
        Parameters parameters,
        String block,
        ActivationPlan plan) {
      boolean bias = config.feedForwardBias();
      this.ops = ops;
      this.activation = config.feedForward().activation();
      this.fc1 = new Linear(ops, parameters, block + ".fc1", bias);
      this.fc2 = new Linear(ops, parameters, block + ".fc2", bias);
      this.preActivation = plan.training() ? plan.output(config.hidden()) : null;
      this.h = plan.saved("ffn.h", config.hidden());
      this.dH = plan.scratch("ffn.dH", config.hidden());
    }

    @Override
    public void forward(Stream stream, Tensor y, Tensor n, Tensor residual) {
      fc1.forward(stream, h, preActivation, n, activation);
      fc2.forward(stream, y, h, residual);
    }

    @Override
    public void backward(Stream stream, Tensor dN, Tensor dY, Tensor n) {
      if (preActivation == null) {
        throw new IllegalStateException("a model made for inference has no backward pass");
      }
      fc2.backwardParameters(stream, dY, h);
      fc2.backwardInput(stream, dH, dY, preActivation, activation);
      fc1.backwardParameters(stream, dH, n);
      fc1.backwardInput(stream, dN, dH);
    }
  }
}
