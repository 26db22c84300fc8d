package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** Which bits of the {@link WatchedRegisters} of a block have no value, and why. */
final class UnsetBits {
  /** By warp and number: the lanes in which all bits have one. */
  private final int[][] defined;

  /** Likewise: the lanes in which some have none because the thread never set a register. */
  private final int[][] never;

  /** Likewise, by lane: which bits have none; null where none or all have. */
  private final long[][][] bits;

  UnsetBits(int warps, int count) {
    defined = new int[warps][count];
    never = new int[warps][count];
    bits = new long[warps][count][];
  }

  /** A block starts: no register has been set. */
  void restart() {
    for (int warp = 0; warp < defined.length; warp++) {
      forget(warp, -1);
    }
  }

  private void forget(int warp, int lanes) {
    for (int n = 0; n < defined[warp].length; n++) {
      forget(warp, n, lanes);
    }
  }

  /** In these lanes the register is as if never set. */
  void forget(int warp, int number, int lanes) {
    defined[warp][number] &= ~lanes;
    never[warp][number] |= lanes;
    long[] its = bits[warp][number];
    if (its != null) {
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        its[Integer.numberOfTrailingZeros(rest)] = -1;
      }
    }
  }

  /** By number: the lanes in which all bits have a value. May be changed. */
  int[] defined(Warp w) {
    return defined[w.index()];
  }

  long of(int warp, int number, int lane) {
    if ((defined[warp][number] >>> lane & 1) != 0) {
      return 0;
    }
    long[] its = bits[warp][number];
    return its == null ? -1 : its[lane];
  }

  /** Whether a lane lacks bits because it never set a register. */
  boolean isNeverSet(int warp, int number, int lane) {
    return (never[warp][number] >>> lane & ~(defined[warp][number] >>> lane) & 1) != 0;
  }

  /**
   * Notes which bits of a lane have no value.
   *
   * @param neverSet whether that is because a register was never set
   */
  void put(int warp, int number, int lane, long unset, boolean neverSet) {
    int bit = 1 << lane;
    if (unset == 0) {
      defined[warp][number] |= bit;
      return;
    }
    defined[warp][number] &= ~bit;
    never[warp][number] = never[warp][number] & ~bit | (neverSet ? bit : 0);
    long[] its = bits[warp][number];
    if (its == null) {
      its = new long[Warp.LANES];
      Arrays.fill(its, -1);
      bits[warp][number] = its;
    }
    its[lane] = unset;
  }
}
