package dev.lockstep.simulator.counters;

import java.util.Arrays;

/** Picks the active ones. */
final class Lanes {
  private Lanes() {}

  /** The values of the active lanes, ascending. */
  static long[] sorted(long[] values, int lanes) {
    long[] picked = new long[Integer.bitCount(lanes)];
    int count = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      picked[count++] = values[Integer.numberOfTrailingZeros(rest)];
    }
    Arrays.sort(picked);
    return picked;
  }
}
