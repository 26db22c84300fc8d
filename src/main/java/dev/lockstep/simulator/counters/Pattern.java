package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import org.jspecify.annotations.Nullable;

/**
 * How the addresses of one warp-wide access lie to each other. Most instructions access memory in
 * the same pattern again and again, only elsewhere: what the pattern costs is found out once.
 */
final class Pattern {
  private static final int LANES = Warp.LANES;

  /** Costs depend on where in 128 bytes, a line or a row of banks, the first address lies. */
  static final int PHASES = 128;

  private final int lanes;
  private final long[] steps = new long[LANES];

  /** All ones for active lanes. */
  private final long[] active = new long[LANES];

  private final @Nullable Cost[] costs = new Cost[PHASES];

  /**
   * @param lanes the active ones, at least one
   */
  Pattern(long[] values, int lanes) {
    this.lanes = lanes;
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    for (int i = 0; i < LANES; i++) {
      if ((lanes >>> i & 1) != 0) {
        steps[i] = values[i] - first;
        active[i] = -1;
      }
    }
  }

  /** Whether these addresses lie to each other like that. */
  boolean matches(long[] values, int lanes, long first) {
    if (lanes != this.lanes) {
      return false;
    }
    return lanes == -1 ? matchesAll(values, first) : matchesActive(values, first);
  }

  /** Without a branch, so that the loop becomes vector code. */
  private boolean matchesAll(long[] values, long first) {
    long[] expected = steps;
    long difference = 0;
    for (int i = 0; i < LANES; i++) {
      difference |= (values[i] - first) ^ expected[i];
    }
    return difference == 0;
  }

  private boolean matchesActive(long[] values, long first) {
    long[] expected = steps;
    long[] care = active;
    long difference = 0;
    for (int i = 0; i < LANES; i++) {
      difference |= ((values[i] - first) ^ expected[i]) & care[i];
    }
    return difference == 0;
  }

  /** What an access of this pattern costs whose first address is {@code phase}, modulo 128. */
  Cost cost(int phase, AccessCounter counter) {
    Cost known = costs[phase];
    if (known == null) {
      long[] addresses = new long[LANES];
      for (int i = 0; i < LANES; i++) {
        addresses[i] = phase + steps[i];
      }
      known = counter.measure(addresses, lanes);
      costs[phase] = known;
    }
    return known;
  }
}
