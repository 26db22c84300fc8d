package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.WatchedLaneOp;

/** A load or store that is counted before it is executed: both share a look at the addresses. */
final class CountedLaneOp extends Op implements WatchedLaneOp {
  private final Op op;
  private final LaneMemoryOp access;
  private final AccessGroup group;

  /**
   * @param op the same as {@code access}
   */
  CountedLaneOp(Op op, LaneMemoryOp access, AccessGroup group) {
    this.op = op;
    this.access = access;
    this.group = group;
  }

  @Override
  public void execute(Warp w) {
    if (w.full) {
      LaneAddresses lanes = w.laneAddresses[0];
      access.address().look(w, lanes);
      execute(w, lanes);
    } else {
      group.count(w, KernelTally.of(w), w.mask);
      op.execute(w);
    }
  }

  @Override
  public boolean isForAnyLanes() {
    return access.isForAnyLanes();
  }

  @Override
  public void before(Warp w, LaneAddresses lanes) {
    if (w.full) {
      group.count(w, KernelTally.of(w), lanes);
    } else {
      group.count(w, KernelTally.of(w), w.mask);
    }
  }

  @Override
  public LaneMemoryOp watched() {
    return access;
  }
}
