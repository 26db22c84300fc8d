package dev.lockstep.reference;

import org.jspecify.annotations.Nullable;

/**
 * The partial derivatives of one primitive, as a list of those that are not zero everywhere.
 * Reverse and forward mode both read this one list, so they cannot disagree about a formula. A
 * primitive that is worth it carries gradients and tangents with loops of its own, which must do
 * what the list says.
 */
@FunctionalInterface
interface Jacobian {
  /** Hands every entry to {@code visitor}; entries of the same place add up. */
  void forEach(Visitor visitor);

  /**
   * {@code xᵍ += Jᵀ yᵍ} for every input.
   *
   * @param gradients one for each input; null where none is wanted
   */
  default void pullBack(double[] upstream, double[] @Nullable [] gradients) {
    forEach(
        (out, input, in, partial) -> {
          double[] gradient = gradients[input];
          if (gradient != null) {
            gradient[in] += partial * upstream[out];
          }
        });
  }

  /**
   * {@code ẏ += Σ J ẋ} over the inputs.
   *
   * @param directions one for each input; null where it does not move
   */
  default void pushForward(double[] @Nullable [] directions, double[] tangent) {
    forEach(
        (out, input, in, partial) -> {
          double[] direction = directions[input];
          if (direction != null) {
            tangent[out] += partial * direction[in];
          }
        });
  }

  /** Which values the entries are made of, and so have to be there when gradients come back. */
  default Reads reads() {
    return Reads.NOTHING;
  }

  /** Multiplications of a matrix product or convolution, forward; as many for each gradient. */
  default long multiplies() {
    return 0;
  }

  /** What a Jacobian is made of. */
  enum Reads {
    /** Constants. */
    NOTHING,
    INPUTS,
    OUTPUT,
    INPUTS_AND_OUTPUT,
    /** Of two inputs each for the gradient of the other: {@code d(a b) = da b + a db}. */
    EACH_OTHER;

    boolean input(int input, boolean[] wanted) {
      return this == INPUTS
          || this == INPUTS_AND_OUTPUT
          || (this == EACH_OTHER && wanted[1 - input]);
    }

    boolean output() {
      return this == OUTPUT || this == INPUTS_AND_OUTPUT;
    }
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
