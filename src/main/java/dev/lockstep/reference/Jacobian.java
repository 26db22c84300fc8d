package dev.lockstep.reference;

import org.jspecify.annotations.Nullable;

/**
 * The partial derivatives of one primitive, as a list of those that are not zero everywhere.
 * Reverse and forward mode both read this one list, so they cannot disagree about a formula. A
 * primitive that is worth it carries gradients and tangents with loops of its own, which must do
 * what the list says.
 */
@FunctionalInterface
interface Jacobian extends Derivative {
  /** Hands every entry to {@code visitor}; entries of the same place add up. */
  void forEach(Visitor visitor);

  @Override
  default void pullBack(double[] upstream, double[] @Nullable [] gradients) {
    forEach(
        (out, input, in, partial) -> {
          double[] gradient = gradients[input];
          if (gradient != null) {
            gradient[in] += partial * upstream[out];
          }
        });
  }

  @Override
  default void pushForward(double[] @Nullable [] directions, double[] tangent) {
    forEach(
        (out, input, in, partial) -> {
          double[] direction = directions[input];
          if (direction != null) {
            tangent[out] += partial * direction[in];
          }
        });
  }

  @Override
  default Reads reads() {
    return Reads.NOTHING;
  }

  @Override
  default long multiplies() {
    return 0;
  }

  /** Receives the entries of a Jacobian. */
  @FunctionalInterface
  interface Visitor {
    /**
     * ∂output[{@code out}] / ∂inputs[{@code input}][{@code in}].
     *
     * @param input which input of the primitive
     */
    void entry(int out, int input, int in, double partial);
  }
}
