package dev.lockstep.device;

/**
 * What the simulator returns for instructions whose result hardware only promises within a bound
 * ({@code ex2.approx}, {@code rcp.approx}, {@code tanh.approx}, …).
 *
 * @param perturbed whether an error up to the documented bound is added; otherwise the result is
 *     the exact one, rounded once
 * @param seed of that error, which depends on it, on the instruction and on the operands alone
 */
public record Approximation(boolean perturbed, long seed) {
  /** The exact result, rounded once. */
  public static final Approximation EXACT = new Approximation(false, 0);

  /** Off by up to the documented bound, so that a tolerance too tight for hardware shows here. */
  public static Approximation perturbed(long seed) {
    return new Approximation(true, seed);
  }

  /**
   * {@code exact} or {@code perturbed:SEED}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Approximation parse(String text) {
    if (text.equals("exact")) {
      return EXACT;
    }
    return perturbed(Seeded.seed(text, "perturbed", "exact"));
  }

  @Override
  public String toString() {
    return perturbed ? "perturbed:" + seed : "exact";
  }
}
