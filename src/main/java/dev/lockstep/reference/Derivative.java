package dev.lockstep.reference;

import org.jspecify.annotations.Nullable;

/** How one step of a tape carries gradients back and tangents on. */
interface Derivative {
  /**
   * {@code xᵍ += Jᵀ yᵍ} for every input.
   *
   * @param gradients one for each input; null where none is wanted
   */
  void pullBack(double[] upstream, double[] @Nullable [] gradients);

  /**
   * {@code ẏ += Σ J ẋ} over the inputs.
   *
   * @param directions one for each input; null where it does not move
   */
  void pushForward(double[] @Nullable [] directions, double[] tangent);

  /** Which values it is made of, and so have to be there when gradients come back. */
  Reads reads();

  /** Multiplications of a matrix product or convolution, forward; as many for each gradient. */
  long multiplies();

  /** What a derivative is made of. */
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
}
