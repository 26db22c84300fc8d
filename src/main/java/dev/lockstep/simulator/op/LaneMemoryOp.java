package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;

/**
 * A load or store, each lane at its address: neighbours that use one register share a look at it.
 */
public interface LaneMemoryOp extends MemoryOp {
  /** With fewer active lanes than this, looking at all together costs more than it saves. */
  int FEW_LANES = 6;

  Address address();

  /**
   * Whether it may be executed for some lanes of a warp that are to be parted from the others: it
   * does not have the warp go on elsewhere.
   */
  default boolean isForAnyLanes() {
    return true;
  }

  /**
   * Executes for a full warp, or for some lanes of one of which the others want nothing any more of
   * what it may write.
   *
   * @param lanes what was seen in the register of {@link #address}, which has not changed since
   */
  void execute(Warp w, LaneAddresses lanes);
}
