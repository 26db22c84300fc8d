package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;

/** Looks at one access of an op before the op is executed. */
interface Check {
  /**
   * @param mask the lanes that access memory
   * @throws dev.lockstep.device.DeviceFault when one of them does wrong
   */
  void check(Warp w, int mask);

  /**
   * The same for a full warp whose addresses have been looked at.
   *
   * @param lanes the values of the access's register
   */
  default void check(Warp w, LaneAddresses lanes) {
    lanes.settle();
    check(w, -1);
  }
}
