package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import java.util.Arrays;

/** The sixteen barriers of a block. Warps are counted: a warp arrives when all its threads have. */
final class Barriers {
  static final int COUNT = 16;

  private final Cta cta;
  private final Turns turns;

  /** Warps that arrived and wait, by barrier, one bit each; a block has at most 32 warps. */
  private final int[] waiting = new int[COUNT];

  /** Warps that arrived, waiting or not. */
  private final int[] arrived = new int[COUNT];

  /** Threads the barrier waits for; 0 for all that are left. */
  private final int[] expected = new int[COUNT];

  /** Whether those who arrived reduce a predicate. */
  private final boolean[] reduces = new boolean[COUNT];

  /** Threads whose predicate holds, and threads asked. */
  private final int[] votes = new int[COUNT];

  private final int[] voters = new int[COUNT];

  Barriers(Cta cta, Turns turns, int warps) {
    assert warps <= 32 : warps;
    this.cta = cta;
    this.turns = turns;
  }

  void reset() {
    Arrays.fill(waiting, 0);
    Arrays.fill(arrived, 0);
    Arrays.fill(expected, 0);
    Arrays.fill(votes, 0);
    Arrays.fill(voters, 0);
  }

  /**
   * All threads of a warp that are left have come to a barrier.
   *
   * @param threads how many it is for; 0 for all of the block
   */
  void arrive(Warp w, BarrierOp op, int id, int threads) {
    BarrierOp.Kind kind = op.kind();
    if (id < 0 || id >= COUNT) {
      throw w.trap("barrier " + id + " does not exist; there are 0 to " + (COUNT - 1));
    }
    if (threads % Warp.LANES != 0 || threads < 0 || threads == 0 && !kind.waits()) {
      throw divergence(
          w, "a barrier for %d threads, which is no multiple of a warp".formatted(threads));
    }
    if (arrived[id] > 0) {
      requireSame(w, kind, id, threads);
    }
    if (cta.observer != null) {
      cta.observer.arrived(id, w);
    }
    arrived[id]++;
    expected[id] = Math.max(expected[id], threads);
    reduces[id] = kind.reduces();
    votes[id] += w.arrivals.votes(op);
    voters[id] += Integer.bitCount(w.alive);
    if (kind.waits()) {
      waiting[id] |= 1 << w.index;
    }
    complete(id);
  }

  /** Whether it exists and nobody has arrived there yet. */
  boolean isFree(int id) {
    return id < COUNT && arrived[id] == 0;
  }

  /** All warps have met at a free barrier for all, though none has executed it. */
  void met(int id, Warp[] warps) {
    BlockObserver observer = cta.observer;
    if (observer != null) {
      for (Warp w : warps) {
        observer.arrived(id, w);
      }
      observer.completed(id, -1 >>> (Warp.LANES - warps.length), true);
    }
  }

  /** A warp ended: barriers for the whole block no longer wait for it. */
  void exited() {
    for (int id = 0; id < COUNT; id++) {
      if (arrived[id] > 0) {
        complete(id);
      }
    }
  }

  /** What those who meet must agree on; without a count all threads of the block are meant. */
  private void requireSame(Warp w, BarrierOp.Kind kind, int id, int threads) {
    if (participants(threads) != participants(expected[id])) {
      throw divergence(
          w,
          "barrier %d is for %d threads here, for %d where others arrived"
              .formatted(id, participants(threads), participants(expected[id])));
    }
    if (kind.reduces() != reduces[id]) {
      throw divergence(
          w, "barrier %d reduces a predicate for some and only waits for others".formatted(id));
    }
  }

  private int participants(int threads) {
    return threads == 0 ? turns.warpCount() * Warp.LANES : threads;
  }

  private static DeviceFault divergence(Warp w, String what) {
    return new DeviceFault.BarrierDivergence(what, w.site(w.firstLane()));
  }

  private void complete(int id) {
    int needed = expected[id] == 0 ? turns.warpsLeft() : expected[id] / Warp.LANES;
    if (arrived[id] < needed) {
      return;
    }
    int released = waiting[id];
    // A barrier for so many threads is none for those that have exited.
    boolean whole = expected[id] == 0 || Integer.bitCount(released) == turns.warpCount();
    int yes = votes[id];
    int asked = voters[id];
    waiting[id] = 0;
    arrived[id] = 0;
    expected[id] = 0;
    votes[id] = 0;
    voters[id] = 0;
    if (cta.observer != null) {
      cta.observer.completed(id, released, whole);
    }
    for (int rest = released; rest != 0; rest &= rest - 1) {
      turns.release(Integer.numberOfTrailingZeros(rest), yes, asked);
    }
  }
}
