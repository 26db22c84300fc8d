package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** A branch that an instrument looks at before it is executed: see {@link Branch#of}. */
public interface WatchedBranch {
  /** The op it stands around. */
  Op watched();

  /**
   * Looks at what the active lanes are about to do.
   *
   * @param taken those of them that go elsewhere
   */
  void before(Warp w, int taken);
}
