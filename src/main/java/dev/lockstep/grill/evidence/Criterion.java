package dev.lockstep.grill.evidence;

import java.util.function.DoublePredicate;

/**
 * What a number must be for a statement to hold. The same criterion is held to the numbers of a
 * control, which must not meet it.
 *
 * @param name of the number
 * @param needed in words or signs, for example {@code < 1e-12}
 */
public record Criterion(String name, String needed, DoublePredicate test) {
  /** Smaller than a bound. */
  public static Criterion below(String name, double bound) {
    return new Criterion(name, "< " + Numeral.text(bound), value -> value < bound);
  }

  /** Larger than a bound. */
  public static Criterion above(String name, double bound) {
    return new Criterion(name, "> " + Numeral.text(bound), value -> value > bound);
  }

  /** From {@code least} to {@code most}, both included. */
  public static Criterion between(String name, double least, double most) {
    return new Criterion(
        name,
        Numeral.text(least) + " … " + Numeral.text(most),
        value -> value >= least && value <= most);
  }

  /** This very number. */
  public static Criterion exactly(String name, double expected) {
    return new Criterion(name, "= " + Numeral.text(expected), value -> value == expected);
  }

  /** Whether it is met; NaN meets nothing. */
  public boolean holds(double value) {
    return !Double.isNaN(value) && test.test(value);
  }
}
