package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.WatchedBranch;

/** Counts the lanes that take a branch, and whether lanes part there. */
final class CountedBranch extends Op implements WatchedBranch {
  private static final int TAKEN = 0;
  private static final int DIVERGENT = 1;
  private static final int EXITS = 2;

  private final Op op;
  private final Branch branch;
  private final int slot;

  CountedBranch(Op op, Branch branch, Slots slots) {
    this.op = op;
    this.branch = branch;
    this.slot = slots.take(4);
  }

  @Override
  public void execute(Warp w) {
    before(w, branch.taken(w));
    op.execute(w);
  }

  @Override
  public Op watched() {
    return op;
  }

  @Override
  public void before(Warp w, int taken) {
    long[] counts = KernelTally.of(w).counts;
    counts[slot + TAKEN] += Integer.bitCount(taken);
    if (taken != 0 && taken != w.mask) {
      counts[slot + DIVERGENT]++;
      // Lanes that leave others for an exit end at once and never come by its stretch.
      if (branch.takenExits()) {
        Stretch.add(counts, slot + EXITS, taken);
      }
    }
  }

  /** The slot that holds how many lanes took it. */
  int taken() {
    return slot + TAKEN;
  }

  /** The slot that holds how often lanes parted. */
  int divergent() {
    return slot + DIVERGENT;
  }

  /** The slot of groups of lanes that ended here, the branch having led to an exit. */
  int exits() {
    return slot + EXITS;
  }

  /** The slot of the lanes of those groups. */
  int exitedLanes() {
    return slot + EXITS + 1;
  }
}
