package dev.lockstep.profile;

import java.util.Arrays;

/** The middle of some figures: what a few disturbed runs do not move. */
public final class Median {
  private Median() {}

  /** The middle one, or the mean of the two in the middle; {@code figures} stay in their order. */
  public static double of(double... figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
