package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** {@code ret} and {@code exit}: the active threads end. */
public final class Exit extends Op {
  @Override
  public void execute(Warp w) {
    w.groups.exit(w.mask);
  }
}
