package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/**
 * A load or store that an instrument looks at before it is executed: both share a look at the
 * addresses. Generated code calls one after the other, each of them known to the virtual machine.
 */
public interface WatchedLaneOp extends LaneMemoryOp {
  /**
   * Looks at what a full warp is about to do; or some of its lanes, if {@link #isForAnyLanes}.
   *
   * @param lanes as for {@link #execute(Warp, LaneAddresses)}
   */
  void before(Warp w, LaneAddresses lanes);

  /** The load or store. */
  LaneMemoryOp watched();

  @Override
  default void execute(Warp w, LaneAddresses lanes) {
    before(w, lanes);
    watched().execute(w, lanes);
  }

  @Override
  default Address address() {
    return watched().address();
  }

  @Override
  default List<Access> accesses() {
    return watched().accesses();
  }
}
