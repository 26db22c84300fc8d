package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** Counts the lanes for which a guard holds. */
final class GuardedLanes extends Op {
  private final Op op;
  private final int slot;

  GuardedLanes(Op op, int slot) {
    this.op = op;
    this.slot = slot;
  }

  @Override
  public void execute(Warp w) {
    KernelTally.of(w).counts[slot] += Integer.bitCount(w.mask);
    op.execute(w);
  }
}
