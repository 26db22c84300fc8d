package dev.lockstep.reference;

import org.jspecify.annotations.Nullable;

/** Matrix products with what surrounds them. Weights are {@code [out, in]}. */
public final class LinearFormula {
  private LinearFormula() {}

  /**
   * {@code x Wᵀ + b}: x {@code [rows, K]}, weight {@code [N, K]}, bias {@code [N]} → {@code [rows,
   * N]}.
   */
  public static Variable linear(Variable x, Variable weight, @Nullable Variable bias) {
    Variable product = Primitives.matmul(x, Views.transpose(weight));
    return bias == null ? product : Primitives.add(product, Views.acrossRows(bias, product));
  }

  /** {@code act(gate) ⊙ up}; silu makes it SwiGLU's middle, gelu GeGLU's, relu ReGLU's. */
  public static Variable glu(Variable gate, Variable up, ActivationFormula activation) {
    return Primitives.multiply(activation.apply(gate, 0), up);
  }
}
