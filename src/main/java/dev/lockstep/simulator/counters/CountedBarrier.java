package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.execution.WatchedBarrier;

/** Counts the warps that have to wait at a block-wide barrier. */
final class CountedBarrier extends Op implements WatchedBarrier {
  private final Op op;
  private final int slot;

  CountedBarrier(Op op, Slots slots) {
    this.op = op;
    this.slot = slots.take(1);
  }

  @Override
  public void execute(Warp w) {
    op.execute(w);
    if (w.isBlocked()) {
      KernelTally.of(w).counts[slot]++;
    }
  }

  @Override
  public Op watched() {
    return op;
  }

  @Override
  public void met(Warp last, int waited) {
    KernelTally.of(last).counts[slot] += waited;
  }

  @Override
  public boolean isBarrier() {
    return true;
  }

  /** The slot that holds how many warps had to wait. */
  int waits() {
    return slot;
  }
}
