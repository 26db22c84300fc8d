package dev.lockstep.ops;

/**
 * How closely an elementwise {@link Activation} follows its formula. Those made of comparisons
 * alone are exact in either.
 */
public enum Accuracy {
  /**
   * Results in f16 and bf16 within 1 ulp of the exact result, rounded, for every input; in f32
   * within 4 ulp, derivatives absolutely within 4·2⁻²⁴ where they cross zero. Matrix products with
   * an activation fused in compute it like this.
   */
  ACCURATE(0),
  /**
   * From one {@code tanh.approx}, whose relative error is 2⁻¹¹: values within 2⁻¹¹ · max(|x|, 1),
   * derivatives within 2⁻⁷ absolutely. Tails are not kept: a small number becomes 0.
   */
  FAST(16);

  private final int codeOffset;

  Accuracy(int codeOffset) {
    this.codeOffset = codeOffset;
  }

  /** The number elementwise kernels take for {@code activation}. */
  int code(Activation activation) {
    return switch (activation) {
      case NONE, RELU, LEAKY_RELU -> activation.code();
      case SIGMOID, TANH, SILU, GELU_TANH, GELU_ERF -> activation.code() + codeOffset;
    };
  }

  /** The number elementwise kernels take for the clamped SwiGLU. */
  int clampedSwiGluCode() {
    return 8 + codeOffset;
  }
}
