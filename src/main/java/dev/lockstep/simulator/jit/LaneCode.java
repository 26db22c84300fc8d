package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.LaneRegisters;

/** Generated code for all 32 lanes, wherever the registers are that it works on. */
public abstract class LaneCode {
  private boolean rehearsed;

  /**
   * Executes it.
   *
   * @param registers the places of its registers in their files
   */
  public abstract void run(LaneRegisters r, int[] registers);

  /** Whether nobody has asked this before. Only the thread that generates classes does. */
  final boolean needsRehearsal() {
    boolean needs = !rehearsed;
    rehearsed = true;
    return needs;
  }
}
