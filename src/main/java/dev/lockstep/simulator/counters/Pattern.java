package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the addresses of one warp-wide access lie to each other. Most instructions access memory in
 * the same pattern again and again, only elsewhere: what that costs is found out once, and then
 * only the executions are counted.
 */
final class Pattern {
  private static final int LANES = Warp.LANES;
  private static final @Nullable Footing[] NONE = {};

  /** An odd number without pattern: two to the 64 by the golden ratio. */
  private static final long WEIGHT = 0x9e37_79b9_7f4a_7c15L;

  /** Its powers. */
  private static final long[] WEIGHTS = new long[LANES];

  static {
    Arrays.setAll(WEIGHTS, i -> i == 0 ? WEIGHT : WEIGHTS[i - 1] * WEIGHT);
  }

  private final int lanes;
  private final long[] steps = new long[LANES];

  /** All ones for active lanes. */
  private final long[] active = new long[LANES];

  /** What each address is above the last, if that is the same for all of a full warp. */
  private final long stride;

  /** By phase; a bit for each phase that occurred. */
  private @Nullable Footing[] footings = NONE;

  private long seenLow;
  private long seenHigh;
  private @Nullable Footing latest;
  private Pattern successor = this;

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
    stride = lanes == -1 ? stride(steps) : LaneAddresses.IRREGULAR;
  }

  /** Alike for addresses that lie to each other alike, and hardly ever for others. */
  static long hash(long[] values, int lanes) {
    long[] weights = WEIGHTS;
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    long hash = lanes;
    if (lanes == -1) {
      for (int i = 0; i < LANES; i++) {
        hash += (values[i] - first) * weights[i];
      }
      return hash * WEIGHT;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      hash += (values[lane] - first) * weights[lane];
    }
    return hash * WEIGHT;
  }

  private static long stride(long[] steps) {
    for (int i = 1; i < LANES; i++) {
      if (steps[i] != i * steps[1]) {
        return LaneAddresses.IRREGULAR;
      }
    }
    return steps[1];
  }

  /** The active lanes. */
  int lanes() {
    return lanes;
  }

  /** What each address is above the last; {@link LaneAddresses#IRREGULAR} if that differs. */
  long stride() {
    return stride;
  }

  /** Sets the addresses of all lanes, that of the first active one being {@code first}. */
  void addresses(long first, long[] addresses) {
    for (int i = 0; i < LANES; i++) {
      addresses[i] = first + steps[i];
    }
  }

  /** Whether a full warp's addresses that go in equal steps, if they do, lie like that. */
  boolean goesIn(long step) {
    return step == stride && step != LaneAddresses.IRREGULAR;
  }

  /** Whether these addresses lie to each other like that. */
  boolean matches(long[] values, int lanes, long first) {
    if (lanes != this.lanes) {
      return false;
    }
    return lanes == -1 ? matchesAll(values, first) : matchesActive(values, first);
  }

  /** Without a branch, so that the loop becomes vector code; the other likewise. */
  private boolean matchesAll(long[] values, long first) {
    long[] expected = steps;
    long difference = (values[1] - first) ^ expected[1];
    if (difference != 0) {
      return false;
    }
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

  /**
   * This pattern where the first address is {@code phase} bytes into a line. Null for the first
   * time: finding out what it costs there pays when it comes again.
   */
  @Nullable Footing footing(int phase, AccessCounter counter, Scratch scratch) {
    Footing footing = latest;
    if (footing == null || footing.phase() != phase) {
      if (isFirst(phase)) {
        return null;
      }
      footing = find(phase, counter, scratch);
      latest = footing;
    }
    return footing;
  }

  private boolean isFirst(int phase) {
    long bit = 1L << phase;
    boolean low = phase < Long.SIZE;
    boolean first = ((low ? seenLow : seenHigh) & bit) == 0;
    seenLow |= low ? bit : 0;
    seenHigh |= low ? 0 : bit;
    return first;
  }

  private Footing find(int phase, AccessCounter counter, Scratch scratch) {
    if (footings.length == 0) {
      footings = new Footing[Footing.PHASES];
    }
    Footing footing = footings[phase];
    if (footing == null) {
      footing = counter.footing(this, phase, scratch);
      footings[phase] = footing;
    }
    return footing;
  }

  /** The pattern that came behind this one the last time. */
  Pattern successor() {
    return successor;
  }

  /** Says which pattern came behind this one. */
  void isFollowedBy(Pattern pattern) {
    successor = pattern;
  }

  /** Adds what was only noted so far. */
  void report(AccessCounter counter, long[] counts) {
    for (Footing footing : footings) {
      if (footing != null) {
        footing.report(counter, counts);
      }
    }
  }
}
