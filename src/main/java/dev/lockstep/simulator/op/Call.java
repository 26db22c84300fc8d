package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** A call of a known function; its parameters are in place. */
public final class Call extends Op implements Entering {
  private final long passedBytes;
  private int target;
  private long frameBytes;

  /**
   * @param passedBytes what of the frame holds parameters and results, from its start on
   */
  public Call(long passedBytes) {
    this.passedBytes = passedBytes;
  }

  @Override
  public long passedBytes() {
    return passedBytes;
  }

  /** Called once the code is laid out. */
  public void link(int pc, long bytes) {
    target = pc;
    frameBytes = bytes;
  }

  @Override
  public void execute(Warp w) {
    CallStack calls = w.calls();
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      calls.call(w, Integer.numberOfTrailingZeros(rest), w.pc, frameBytes);
    }
    w.pc = target;
    w.groups.moved();
  }
}
