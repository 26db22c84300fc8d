package dev.lockstep.nn;

import dev.lockstep.ops.Activation;
import java.util.Locale;

/** What a block computes between its norm and its residual addition. */
public enum FeedForwardKind {
  /** down(silu(gate(x)) · up(x)) */
  SWIGLU(true, Activation.SILU),
  /** down(gelu(gate(x)) · up(x)), the exact GELU */
  GEGLU(true, Activation.GELU_ERF),
  /** down(relu(gate(x)) · up(x)) */
  REGLU(true, Activation.RELU),
  /** fc2(gelu(fc1(x))), the exact GELU */
  GELU(false, Activation.GELU_ERF),
  /** fc2(gelu(fc1(x))), the tanh form of GELU */
  GELU_TANH(false, Activation.GELU_TANH);

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
