package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** {@code trap} and whatever else ends the launch when it is reached. */
public final class Trap extends Op {
  private final String message;

  public Trap(String message) {
    this.message = message;
  }

  @Override
  public void execute(Warp w) {
    throw w.trap(message);
  }
}
