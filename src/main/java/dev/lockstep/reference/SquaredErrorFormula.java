package dev.lockstep.reference;

/** {@code (input − target)²}. */
public final class SquaredErrorFormula {
  private SquaredErrorFormula() {}

  /** For each element; the mean or sum is {@link #mean} or {@link #sum} of it. */
  public static Variable elements(Variable input, Variable target) {
    Variable difference = Primitives.addScaled(input, -1, target);
    return Primitives.multiply(difference, difference);
  }

  /** The sum of all elements, {@code [1]}. */
  public static Variable sum(Variable x) {
    return Primitives.sumRows(Views.reshape(x, 1, x.count()));
  }

  /** The mean of all elements, {@code [1]}. */
  public static Variable mean(Variable x) {
    return Primitives.affine(sum(x), 1.0 / x.count(), 0);
  }
}
