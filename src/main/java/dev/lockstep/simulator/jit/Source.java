package dev.lockstep.simulator.jit;

/** What an instruction reads. */
public sealed interface Source permits Place, Source.Not, Source.Literal {
  /** The complement of a predicate. */
  record Not(Place predicate) implements Source {}

  /**
   * A constant as written: its bits if an integer was, its value if a float was.
   *
   * @param floating whether {@code value} counts, else {@code bits}
   */
  record Literal(boolean floating, long bits, double value) implements Source {}
}
