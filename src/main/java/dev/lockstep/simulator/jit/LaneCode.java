package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Warp;

/** Generated code for all 32 lanes, wherever the registers are that it works on. */
public abstract class LaneCode {
  /**
   * Executes it.
   *
   * @param registers the places of its registers in their files
   */
  public abstract void run(Warp w, int[] registers);
}
