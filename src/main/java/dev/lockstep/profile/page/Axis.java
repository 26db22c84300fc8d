package dev.lockstep.profile.page;

/**
 * An axis of a chart.
 *
 * @param label with the unit
 * @param logarithmic whether equal steps are equal factors; what is not above 0 is then left out
 */
public record Axis(String label, boolean logarithmic) {
  /** Equal steps are equal differences. */
  public static Axis linear(String label) {
    return new Axis(label, false);
  }

  /** Equal steps are equal factors. */
  public static Axis log(String label) {
    return new Axis(label, true);
  }
}
