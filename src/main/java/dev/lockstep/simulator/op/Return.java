package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** {@code ret} in a function: every lane goes back to where it was called from. */
public final class Return extends Op {
  @Override
  public void execute(Warp w) {
    CallStack calls = w.calls();
    int[] to = w.scratchInts;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = calls.leave(lane);
    }
    w.groups.scatter(to);
  }
}
