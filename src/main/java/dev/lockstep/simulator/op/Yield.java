package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/**
 * {@code nanosleep}: any time from 0 up is allowed, so it only lets other lanes and warps go on.
 */
public final class Yield extends Op {
  @Override
  public void execute(Warp w) {
    w.yieldTurn();
  }
}
