package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** What an {@code .aligned} matrix instruction begins with: all 32 lanes of the warp meet. */
public final class WholeWarp extends Op {
  private final String instruction;

  /**
   * @param instruction for the fault when lanes have exited
   */
  public WholeWarp(String instruction) {
    this.instruction = instruction;
  }

  @Override
  public void execute(Warp w) {
    gather(w, instruction);
  }

  /**
   * Whether all lanes are here. If not, this group waits for the others and the whole instruction
   * will be executed again.
   */
  static boolean gather(Warp w, String instruction) {
    if (w.full) {
      return true;
    }
    if (w.mask == 0 || !w.groups.gather()) {
      return false;
    }
    if (!w.full) {
      throw w.trap(instruction + " needs all 32 lanes of the warp, some have exited");
    }
    return true;
  }
}
