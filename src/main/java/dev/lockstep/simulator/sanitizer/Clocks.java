package dev.lockstep.simulator.sanitizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which accesses of a block come before which: vector clocks over its warps, and over a warp's
 * lanes where some of them met without the rest. There is one time for the whole block; it moves on
 * whenever threads meet, so that two accesses of a thread at the same time have had no meeting in
 * between.
 */
final class Clocks {
  private static final int LANES = 32;
  private static final int BARRIERS = 16;

  /** Later than any time. */
  static final int NEVER = (1 << 29) - 1;

  private final int warps;

  private int now = 1;

  /** When the block started. */
  private int start;

  /** Up to when everything comes before everything from now on. */
  private int settled;

  /** {@code seen[w][v]}: up to when what warp v did comes before what w does now. */
  private final int[][] seen;

  /** {@code met[w]}: up to when what a lane of w did comes before what any lane of w does now. */
  private final int[] met;

  /** {@code lanes[w][l * 32 + m]}: the same for what lane m did and lane l does, if ever needed. */
  private final int[] @Nullable [] lanes;

  /** By barrier: what those that arrived had seen and done. */
  private final int[] @Nullable [] gathered = new int[BARRIERS][];

  /** By warp: the lanes that arrived at the barrier it waits at. */
  private final int[] arrived;

  Clocks(int warps) {
    this.warps = warps;
    this.seen = new int[warps][warps];
    this.met = new int[warps];
    this.lanes = new int[warps][];
    this.arrived = new int[warps];
  }

  /** A block starts. What blocks before did is as if it had never been. */
  void restart() {
    start = now;
    settled = now;
    tick();
    Arrays.fill(gathered, null);
    Arrays.fill(arrived, 0);
  }

  int now() {
    return now;
  }

  int start() {
    return start;
  }

  int settled() {
    return settled;
  }

  /** Times run out: forgets everything. To be called between blocks. */
  void reset() {
    now = 1;
    for (int w = 0; w < warps; w++) {
      Arrays.fill(seen[w], 0);
      lanes[w] = null;
    }
    Arrays.fill(met, 0);
  }

  /** Whether times will run out soon. */
  boolean late() {
    return now > NEVER / 2;
  }

  /** Whether what thread {@code other} did at {@code time} comes before what a lane does now. */
  boolean ordered(int other, int time, int warp, int lane) {
    if (time <= settled) {
      return true;
    }
    int from = other >>> 5;
    if (from != warp) {
      return time <= seen[warp][from];
    }
    int[] pairs = lanes[warp];
    return (other & 31) == lane
        || time <= met[warp]
        || pairs != null && time <= pairs[lane * LANES + (other & 31)];
  }

  /** Up to when all that a warp did comes before what any lane of another, or of the same, does. */
  int known(int warp, int other) {
    return Math.max(settled, other == warp ? met[warp] : seen[warp][other]);
  }

  /** These lanes of a warp meet; {@code all} when there never were others. */
  void meet(int warp, int members, boolean all) {
    if (all) {
      met[warp] = now;
    } else {
      meetSome(warp, members);
    }
    tick();
  }

  private void meetSome(int warp, int members) {
    int[] pairs = pairs(warp);
    int[] joined = new int[LANES];
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      for (int m = 0; m < LANES; m++) {
        joined[m] = Math.max(joined[m], pairs[member * LANES + m]);
      }
      joined[member] = now;
    }
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      for (int m = 0; m < LANES; m++) {
        int at = member * LANES + m;
        pairs[at] = Math.max(pairs[at], joined[m]);
      }
    }
  }

  private int[] pairs(int warp) {
    int[] pairs = lanes[warp];
    if (pairs == null) {
      pairs = new int[LANES * LANES];
      lanes[warp] = pairs;
    }
    return pairs;
  }

  /** A fence: the time up to which it reaches. */
  int fence() {
    int reached = now;
    tick();
    return reached;
  }

  /** Adds to {@code times}, by warp, what a warp had done at a time and has seen. */
  void show(int warp, int done, int[] times) {
    for (int v = 0; v < warps; v++) {
      times[v] = Math.max(times[v], v == warp ? done : seen[warp][v]);
    }
  }

  /** A lane has seen what others had done at these times. */
  void see(int warp, int lane, int[] times) {
    for (int v = 0; v < warps; v++) {
      seen[warp][v] = Math.max(seen[warp][v], times[v]);
    }
    if (times[warp] > met[warp]) {
      int[] pairs = pairs(warp);
      for (int m = 0; m < LANES; m++) {
        pairs[lane * LANES + m] = Math.max(pairs[lane * LANES + m], times[warp]);
      }
    }
  }

  /** A warp arrives at a barrier. */
  void arrive(int barrier, int warp, int members) {
    int[] times = gathered[barrier];
    if (times == null) {
      times = new int[warps];
      gathered[barrier] = times;
    }
    for (int v = 0; v < warps; v++) {
      times[v] = Math.max(times[v], seen[warp][v]);
    }
    times[warp] = now;
    arrived[warp] |= members;
    tick();
  }

  /** A barrier lets go those that wait; {@code whole} when that is everybody who is left. */
  void complete(int barrier, int released, boolean whole) {
    int[] times = gathered[barrier];
    gathered[barrier] = null;
    if (whole) {
      settled = now;
      Arrays.fill(arrived, 0);
      tick();
      return;
    }
    for (int rest = released; rest != 0; rest &= rest - 1) {
      int w = Integer.numberOfTrailingZeros(rest);
      if (times != null) {
        for (int v = 0; v < warps; v++) {
          seen[w][v] = Math.max(seen[w][v], times[v]);
        }
      }
      meetSomeOrAll(w);
      arrived[w] = 0;
    }
    tick();
  }

  /** Lanes of a warp that came to a barrier one group after the other have met behind it, too. */
  private void meetSomeOrAll(int warp) {
    if (arrived[warp] == -1) {
      met[warp] = now;
    } else if (arrived[warp] != 0) {
      meetSome(warp, arrived[warp]);
    }
  }

  /** At the end of time everything counts as ordered: no race is made up. */
  private void tick() {
    if (now < NEVER - 1) {
      now++;
    }
  }
}
