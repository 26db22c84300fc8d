package dev.lockstep.profile;

import java.util.Arrays;

/** The middle of some figures: what a few disturbed runs do not move. */
public final class Median {
  private Median() {}

  /** The middle one, of two in the middle the larger; {@code figures} stay in their order. */
  public static double of(double... figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
