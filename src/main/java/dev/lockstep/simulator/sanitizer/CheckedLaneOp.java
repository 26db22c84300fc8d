package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.LaneMemoryOp;
import java.util.List;

/** A load or store that is checked before it is executed: both share a look at the addresses. */
final class CheckedLaneOp extends Op implements LaneMemoryOp {
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

  @Override
  public void execute(Warp w, LaneAddresses lanes) {
    check.check(w, lanes);
    access.execute(w, lanes);
  }

  @Override
  public Address address() {
    return access.address();
  }

  @Override
  public List<Access> accesses() {
    return access.accesses();
  }
}
