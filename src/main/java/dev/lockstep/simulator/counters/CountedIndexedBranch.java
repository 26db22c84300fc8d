package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** Counts how often lanes part at a branch to one of several targets. */
final class CountedIndexedBranch extends Op {
  private final Op op;
  private final int slot;

  CountedIndexedBranch(Op op, Slots slots) {
    this.op = op;
    this.slot = slots.take(1);
  }

  @Override
  public void execute(Warp w) {
    int lanes = w.mask;
    op.execute(w);
    if (w.mask != lanes) {
      KernelTally.of(w).counts[slot]++;
    }
  }

  /** The slot that holds how often lanes parted. */
  int divergent() {
    return slot;
  }
}
