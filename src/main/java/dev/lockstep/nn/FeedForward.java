package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What a block computes between its norm and its residual addition. */
sealed interface FeedForward {
  /**
   * y = ffn(n) + residual, where there is one; the addition is part of the last product.
   *
   * @param n [B, D], the normalised stream
   */
  void forward(Stream stream, Tensor y, Tensor n, @Nullable Tensor residual);

  /**
   * dN = the gradient of n; adds the gradients of the parameters. Uses up what forward saved.
   *
   * @param dY [B, D], the gradient of y
   * @param n as in forward
   */
  void backward(Stream stream, Tensor dN, Tensor dY, Tensor n);

  /**
   * Shows what {@link #forward} in training has just left between the products.
   *
   * @param name what it is called
   */
  void show(Stream stream, ActivationWatch watch, String name);

  /** The feed-forward network of a configuration, its parameters named {@code <block>.….weight}. */
  static FeedForward of(
      StackConfig config, OpSet ops, Parameters parameters, String block, ActivationPlan plan) {
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
    private final @Nullable BiasGradient gateBias;
    private final @Nullable BiasGradient upBias;
    private final boolean keepingGates;
    private final boolean recomputing;
    private final boolean keepingProduct;

    private Gated(
        StackConfig config, OpSet ops, Parameters parameters, String block, ActivationPlan plan) {
      boolean bias = config.feedForwardBias();
      this.ops = ops;
      this.activation = config.feedForward().activation();
      this.gate = new Linear(ops, parameters, block + ".gate", bias, plan);
      this.up = new Linear(ops, parameters, block + ".up", bias, plan);
      this.down = new Linear(ops, parameters, block + ".down", bias, plan);
      this.gated = plan.saved("ffn.gate", config.hidden());
      this.raised = plan.saved("ffn.up", config.hidden());
      this.h = plan.recomputed("ffn.h", config.hidden());
      this.gateBias = plan.biasGradient(gate, "ffn.gate.bias", config.width());
      this.upBias = plan.biasGradient(up, "ffn.up.bias", config.width());
      boolean byLibrary = ops.engine() == MatrixEngine.LIBRARY;
      this.keepingGates = plan.training() || byLibrary;
      this.recomputing = plan.recomputing();
      this.keepingProduct = recomputing || byLibrary;
    }

    @Override
    public void forward(Stream stream, Tensor y, Tensor n, @Nullable Tensor residual) {
      ops.swiGlu()
          .forward(
              stream,
              h,
              keepingGates ? gated : null,
              keepingGates ? raised : null,
              n,
              gate.weight(),
              up.weight(),
              gate.bias(),
              up.bias(),
              activation);
      down.forward(stream, y, h, residual);
    }

    @Override
    public void show(Stream stream, ActivationWatch watch, String name) {
      watch.inside(stream, name, h, activation, gated);
    }

    @Override
    public void backward(Stream stream, Tensor dN, Tensor dY, Tensor n) {
      if (!recomputing) {
        down.backwardParameters(stream, dY, h);
      }
      // In place: from here on gated and raised hold their own gradients.
      ops.swiGlu()
          .backward(
              stream,
              gated,
              raised,
              keepingProduct ? h : null,
              dY,
              down.weight(),
              gated,
              raised,
              activation,
              gateBias,
              upBias);
      if (recomputing) {
        down.backwardParameters(stream, dY, h);
      }
      gate.backwardWeight(stream, gated, n);
      up.backwardWeight(stream, raised, n);
      ops.linear().backwardInput(stream, dN, gated, gate.weight(), raised, up.weight());
    }
  }

  /** fc2(activation(fc1(n))). */
  final class Plain implements FeedForward {
    private final Activation activation;
    private final Linear fc1;
    private final Linear fc2;
    private final @Nullable Tensor preActivation; // [B, H]
    private final Tensor h; // [B, H]
    private final @Nullable BiasGradient fc1Bias;
    private final boolean recomputing;

    private Plain(
        StackConfig config, OpSet ops, Parameters parameters, String block, ActivationPlan plan) {
      boolean bias = config.feedForwardBias();
      this.activation = config.feedForward().activation();
      this.fc1 = new Linear(ops, parameters, block + ".fc1", bias, plan);
      this.fc2 = new Linear(ops, parameters, block + ".fc2", bias, plan);
      this.preActivation = plan.training() ? plan.recomputed("ffn.z", config.hidden()) : null;
      this.h = plan.recomputed("ffn.h", config.hidden());
      this.fc1Bias = plan.biasGradient(fc1, "ffn.fc1.bias", config.width());
      this.recomputing = plan.recomputing();
    }

    @Override
    public void forward(Stream stream, Tensor y, Tensor n, @Nullable Tensor residual) {
      fc1.forward(stream, h, recomputing ? null : preActivation, n, activation);
      fc2.forward(stream, y, h, residual);
    }

    @Override
    public void show(Stream stream, ActivationWatch watch, String name) {
      watch.inside(stream, name, h, activation, null);
    }

    @Override
    public void backward(Stream stream, Tensor dN, Tensor dY, Tensor n) {
      if (preActivation == null) {
        throw new IllegalStateException("a model made for inference has no backward pass");
      }
      if (recomputing) {
        fc1.forward(stream, h, preActivation, n, activation);
      }
      fc2.backwardParameters(stream, dY, h);
      // Nobody reads h any more: from here on it holds the gradient of what went into it.
      Tensor dZ = h;
      fc2.backwardInput(stream, dZ, dY, preActivation, activation, fc1Bias);
      fc1.backwardWeight(stream, dZ, n);
      fc1.backwardInput(stream, dN, dZ);
    }
  }
}
