package dev.lockstep.reference;

/** {@code (input − target)²}. */
public final class SquaredErrorFormula {
  private SquaredErrorFormula() {}

  /**
   * For each element; the mean or sum is {@link Primitives#mean} or {@link Primitives#sum} of it.
   */
  public static Variable elements(Variable input, Variable target) {
    Variable difference = Primitives.addScaled(input, -1, target);
    return Primitives.multiply(difference, difference);
  }
}
