package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** A hint without effect here, such as {@code prefetch}. */
public final class Nothing extends Op {
  @Override
  public void execute(Warp w) {}
}
