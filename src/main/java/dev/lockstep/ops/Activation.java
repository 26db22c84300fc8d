package dev.lockstep.ops;

import java.util.Locale;

/**
 * Pointwise functions the kernels can apply, with the codes they know them by. σ is the logistic
 * function, Φ the normal distribution function.
 */
public enum Activation {
  /** x */
  NONE(0),
  /** max(x, 0) */
  RELU(1),
  /** x for x ≥ 0, slope · x below */
  LEAKY_RELU(2),
  /** σ(x) */
  SIGMOID(3),
  /** tanh(x) */
  TANH(4),
  /** x · σ(x) */
  SILU(5),
  /** x · σ(2u), u = √(2/π) · (x + 0.044715 x³): the tanh form of GELU */
  GELU_TANH(6),
  /** x · Φ(x): GELU itself */
  GELU_ERF(7);

  /** The slope {@link #LEAKY_RELU} has below zero where none is given. */
  public static final float DEFAULT_SLOPE = 0.01f;

  private final int code;

  Activation(int code) {
    this.code = code;
  }

  /** The number kernels take. */
  public int code() {
    return code;
  }

  /** The name on the command line and in files: {@code gelu_tanh}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The activation of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static Activation of(String label) {
    return Labels.find("activation", values(), Activation::label, label);
  }
}
