package dev.lockstep.reference;

import java.util.function.IntPredicate;

/** Dropout, scaled in training: x / (1 − p) where kept, 0 where not. */
public final class DropoutFormula {
  private DropoutFormula() {}

  /**
   * Element by element.
   *
   * @param p probability with which an element is not kept
   * @param keeps whether the element of that index is
   */
  public static Variable apply(Variable x, double p, IntPredicate keeps) {
    double[] factors = new double[x.count()];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = keeps.test(i) ? 1 / (1 - p) : 0;
    }
    return masked(x, factors);
  }

  /** {@code mask · x} for each element, the mask being of zeros and {@code 1 / (1 − p)}. */
  public static Variable masked(Variable x, double[] mask) {
    return Primitives.multiply(x, x.tape().constant(mask, x.shape()));
  }
}
