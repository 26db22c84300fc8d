package dev.lockstep.profile.bench;

/**
 * One figure out of a file of results.
 *
 * @param name what was measured, the same in every file of its kind
 * @param unit for example {@code ns/op} or {@code sectors}
 * @param error half the width of the interval the figure is known to lie in; 0 for what was counted
 * @param timed whether it is a time or a rate, which another run gives differently
 * @param lowerIsBetter for all but rates
 */
public record Measurement(
    String name, String unit, double value, double error, boolean timed, boolean lowerIsBetter) {
  /** What was counted: exact, and the fewer the better. */
  static Measurement counted(String name, String unit, double value) {
    return new Measurement(name, unit, value, 0, false, true);
  }

  /** A time; how far from it others may lie is not known. */
  static Measurement time(String name, String unit, double value) {
    return new Measurement(name, unit, value, 0, true, true);
  }
}
