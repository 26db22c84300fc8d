package dev.lockstep.simulator.sanitizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How threads order themselves without barriers: one writes, executes a fence and then an atomic
 * operation (or a volatile or a strong store); another sees that by an atomic operation (or a
 * volatile or a strong load) at the same place. Locks work like that. Kept by warp, not by thread,
 * and on the safe side: who looks at the place has seen all that was handed over there.
 */
final class Handover {
  private final Clocks clocks;

  /** By warp: when it last executed a fence. */
  private final int[] fenced;

  /** By address, generic ones: what was handed over there, by warp. */
  private final Map<Long, int[]> places = new HashMap<>();

  private boolean used;

  Handover(int warps, Clocks clocks) {
    this.clocks = clocks;
    this.fenced = new int[warps];
  }

  /** A block starts. */
  void restart() {
    if (used) {
      Arrays.fill(fenced, 0);
      places.clear();
      used = false;
    }
  }

  /** Whether any warp of the block has executed a fence. */
  boolean used() {
    return used;
  }

  /**
   * Whether these lanes raise a flag: one of them stores to a volatile, and its warp has executed a
   * fence. Others may then wait for it by volatile loads.
   */
  boolean raisesFlag(int warp, int mask, AccessSite site) {
    return site.isVolatile() && fenced[warp] != 0 && Integer.bitCount(mask) == 1;
  }

  void fence(int warp) {
    used = true;
    fenced[warp] = clocks.fence();
  }

  /** A lane may read at a place what others have written there to say that they are done. */
  void take(int warp, int lane, long address) {
    int[] times = places.get(address);
    if (times != null) {
      clocks.see(warp, lane, times);
    }
  }

  /** A lane may say at a place that it has done what it did before its fence. */
  void give(int warp, long address) {
    if (fenced[warp] == 0) {
      return;
    }
    int[] times = places.get(address);
    if (times == null) {
      times = new int[fenced.length];
      places.put(address, times);
    }
    clocks.show(warp, fenced[warp], times);
  }
}
