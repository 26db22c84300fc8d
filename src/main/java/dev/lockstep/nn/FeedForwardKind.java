package dev.lockstep.nn;

import dev.lockstep.ops.Activation;
import dev.lockstep.ops.Labels;
import java.util.Locale;

/**
 * What a block computes between its norm and its residual addition; the gated ones are those of
 * Shazeer, "GLU Variants Improve Transformer", 2020.
 */
public enum FeedForwardKind {
  /** down(silu(gate(x)) · up(x)) */
  SWIGLU(true, Activation.SILU),
  /** down(gelu(gate(x)) · up(x)), the exact GELU */
  GEGLU(true, Activation.GELU_ERF),
  /** down(relu(gate(x)) · up(x)) */
  REGLU(true, Activation.RELU),
  /** The same as GEGLU with the tanh form of GELU. */
  GEGLU_TANH(true, Activation.GELU_TANH),
  /** down(sigmoid(gate(x)) · up(x)) */
  GLU(true, Activation.SIGMOID),
  /** down(gate(x) · up(x)) */
  BILINEAR(true, Activation.NONE),
  /** fc2(gelu(fc1(x))), the exact GELU */
  GELU(false, Activation.GELU_ERF),
  /** fc2(gelu(fc1(x))), the tanh form of GELU */
  GELU_TANH(false, Activation.GELU_TANH),
  /** fc2(silu(fc1(x))) */
  SILU(false, Activation.SILU),
  /** fc2(relu(fc1(x))) */
  RELU(false, Activation.RELU),
  /** fc2(leaky_relu(fc1(x))), with a slope of 0.01 below zero */
  LEAKY_RELU(false, Activation.LEAKY_RELU),
  /** fc2(tanh(fc1(x))) */
  TANH(false, Activation.TANH),
  /** fc2(sigmoid(fc1(x))) */
  SIGMOID(false, Activation.SIGMOID);

  private final boolean gated;
  private final Activation activation;

  FeedForwardKind(boolean gated, Activation activation) {
    this.gated = gated;
    this.activation = activation;
  }

  /** Whether the activation multiplies a second projection: three matrices instead of two. */
  public boolean gated() {
    return gated;
  }

  /** The nonlinearity. */
  public Activation activation() {
    return activation;
  }

  /** The name on the command line: {@code swiglu}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The kind of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static FeedForwardKind of(String label) {
    return Labels.find("feed-forward", values(), FeedForwardKind::label, label);
  }
}
