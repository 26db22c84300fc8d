package dev.lockstep.profile.bench;

import dev.lockstep.profile.Median;
import java.util.Arrays;

/**
 * How long some runs took.
 *
 * @param seconds the median
 * @param lower a quarter of the runs took no longer
 * @param upper three quarters took no longer
 * @param runs how many
 */
public record Timing(double seconds, double lower, double upper, int runs) {
  /** Of the time of each run, in any order. */
  static Timing of(double... seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    int runs = sorted.length;
    return new Timing(Median.of(sorted), sorted[runs / 4], sorted[runs - 1 - runs / 4], runs);
  }

  /** How far apart the middle half of the runs is, as a share of the median. */
  public double spread() {
    return (upper - lower) / seconds;
  }
}
