package dev.lockstep.simulator.sanitizer;

import java.util.Arrays;

/** Between which offsets each warp of a block has accessed something. */
final class WarpReaches {
  private final int[] low;
  private final int[] end;

  WarpReaches(int warps) {
    low = new int[warps];
    end = new int[warps];
    clear();
  }

  /** Nothing has been accessed. */
  void clear() {
    Arrays.fill(low, Integer.MAX_VALUE);
    Arrays.fill(end, -1);
  }

  void clear(int warp) {
    low[warp] = Integer.MAX_VALUE;
    end[warp] = -1;
  }

  void add(int warp, int from, int to) {
    low[warp] = Math.min(low[warp], from);
    end[warp] = Math.max(end[warp], to);
  }

  /** Whether a warp may have accessed what lies between. */
  boolean overlap(int warp, int from, int to) {
    return from < end[warp] && to > low[warp];
  }

  /** Whether any warp may have. */
  boolean overlap(int from, int to) {
    for (int w = 0; w < low.length; w++) {
      if (overlap(w, from, to)) {
        return true;
      }
    }
    return false;
  }
}
