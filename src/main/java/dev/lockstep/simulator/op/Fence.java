package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.invoke.VarHandle;

/** {@code membar} and {@code fence}: orders memory between the threads that run blocks. */
public final class Fence extends Op {
  @Override
  public void execute(Warp w) {
    VarHandle.fullFence();
  }
}
