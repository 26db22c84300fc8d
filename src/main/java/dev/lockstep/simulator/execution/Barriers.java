package dev.lockstep.simulator.execution;

import java.util.Arrays;

/** The sixteen barriers of a block. */
final class Barriers {
  static final int COUNT = 16;

  /** Warps that arrived and wait, by barrier, one bit each; a block has at most 32 warps. */
  private final int[] waiting = new int[COUNT];

  /** Warps that arrived, waiting or not. */
  private final int[] arrived = new int[COUNT];

  /** Threads the barrier waits for; 0 for all that are left. */
  private final int[] expected = new int[COUNT];

  Barriers(int warps) {
    assert warps <= 32 : warps;
  }

  void reset() {
    Arrays.fill(waiting, 0);
    Arrays.fill(arrived, 0);
    Arrays.fill(expected, 0);
  }

  void arrive(Cta cta, int id, int warp, int threads, boolean wait) {
    arrived[id]++;
    expected[id] = threads;
    if (wait) {
      waiting[id] |= 1 << warp;
    }
    complete(cta, id);
  }

  /** A warp ended: barriers for the whole block no longer wait for it. */
  void exited(Cta cta) {
    for (int id = 0; id < COUNT; id++) {
      if (arrived[id] > 0) {
        complete(cta, id);
      }
    }
  }

  private void complete(Cta cta, int id) {
    int needed = expected[id] == 0 ? cta.warpsLeft() : (expected[id] + Warp.LANES - 1) / Warp.LANES;
    if (arrived[id] < needed) {
      return;
    }
    int released = waiting[id];
    waiting[id] = 0;
    arrived[id] = 0;
    if (cta.observer != null) {
      cta.observer.completed(id, released, Integer.bitCount(released) == cta.warpsLeft());
    }
    for (int rest = released; rest != 0; rest &= rest - 1) {
      cta.release(Integer.numberOfTrailingZeros(rest));
    }
  }
}
