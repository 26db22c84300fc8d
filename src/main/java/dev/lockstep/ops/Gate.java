package dev.lockstep.ops;

/**
 * What an elementwise gated unit computes: {@code activation(gate) · up}, or the clamped SwiGLU of
 * <a href="https://github.com/openai/gpt-oss">gpt-oss</a>,
 *
 * <pre>
 * (u + 1) · g · σ(alpha · g)   with g = min(gate, limit), u = min(max(up, −limit), limit)
 * </pre>
 *
 * whose gradients are 0 where a clamp bites.
 *
 * @param activation any but {@link Activation#LEAKY_RELU}, which has a slope
 * @param limit of the clamps, above 0; infinite where there is none
 * @param alpha finite, not 0; 1 without clamps
 */
public record Gate(Activation activation, Accuracy accuracy, float limit, float alpha) {
  /**
   * @throws IllegalArgumentException for a leaky relu, a limit of 0 or less, an alpha that is 0 or
   *     not finite, or an alpha without a limit
   */
  public Gate {
    if (activation == Activation.LEAKY_RELU) {
      throw new IllegalArgumentException(
          "activation leaky_relu has a slope, which a gate does not take");
    }
    if (!(limit > 0)) {
      throw new IllegalArgumentException("limit %s must be above 0".formatted(limit));
    }
    if (!Float.isFinite(alpha) || alpha == 0) {
      throw new IllegalArgumentException("alpha %s must be finite and not 0".formatted(alpha));
    }
    if (limit == Float.POSITIVE_INFINITY && alpha != 1) {
      throw new IllegalArgumentException("alpha %s needs a finite limit".formatted(alpha));
    }
    if (limit < Float.POSITIVE_INFINITY && activation != Activation.SILU) {
      throw new IllegalArgumentException(
          "activation %s has no clamped form; silu has".formatted(activation.label()));
    }
  }

  /** {@code activation(gate) · up}. */
  public static Gate of(Activation activation) {
    return new Gate(activation, Accuracy.ACCURATE, Float.POSITIVE_INFINITY, 1);
  }

  /** The clamped SwiGLU; gpt-oss has a limit of 7 and an alpha of 1.702. */
  public static Gate clampedSwiGlu(float limit, float alpha) {
    if (limit == Float.POSITIVE_INFINITY) {
      throw new IllegalArgumentException("limit Infinity must be finite");
    }
    return new Gate(Activation.SILU, Accuracy.ACCURATE, limit, alpha);
  }

  /** The same, computed as {@link Accuracy#FAST} says. */
  public Gate fast() {
    return new Gate(activation, Accuracy.FAST, limit, alpha);
  }

  /** Whether this is the clamped SwiGLU. */
  public boolean isClamped() {
    return limit < Float.POSITIVE_INFINITY;
  }

  int code() {
    return isClamped() ? accuracy.clampedSwiGluCode() : accuracy.code(activation);
  }
}
