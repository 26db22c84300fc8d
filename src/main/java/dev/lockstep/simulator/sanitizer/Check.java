package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;

/** Looks at one access of an op before the op is executed. */
interface Check {
  /**
   * @param mask the lanes that access memory
   * @throws dev.lockstep.device.DeviceFault when one of them does wrong
   */
  void check(Warp w, int mask);
}
