package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.WatchedLaneOp;

/** A load or store that is checked before it is executed: both share a look at the addresses. */
final class CheckedLaneOp extends Op implements WatchedLaneOp {
  private final Op op;
  private final LaneMemoryOp access;
  private final Check check;

  /**
   * @param op the same as {@code access}
   */
  CheckedLaneOp(Op op, LaneMemoryOp access, Check check) {
    this.op = op;
    this.access = access;
    this.check = check;
  }

  @Override
  public void execute(Warp w) {
    if (w.full) {
      LaneAddresses lanes = w.laneAddresses[0];
      access.address().look(w, lanes);
      execute(w, lanes);
    } else {
      check.check(w, w.mask);
      op.execute(w);
    }
  }

  /** What has no value yet takes the warp to the code that follows values. */
  @Override
  public boolean isForAnyLanes() {
    return false;
  }

  @Override
  public void before(Warp w, LaneAddresses lanes) {
    check.check(w, lanes);
  }

  @Override
  public LaneMemoryOp watched() {
    return access;
  }
}
