package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** An unconditional branch. */
public final class Jump extends Op {
  private int target;

  /** Called once the code is laid out. */
  public void link(int pc) {
    target = pc;
  }

  @Override
  public void execute(Warp w) {
    w.pc = target;
  }
}
