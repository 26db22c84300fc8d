package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** One instruction done in several steps, through temporaries nobody else sees. */
public final class Sequence extends Op {
  private final Op[] steps;

  public Sequence(Op... steps) {
    this.steps = steps;
  }

  @Override
  public void execute(Warp w) {
    for (Op step : steps) {
      step.execute(w);
    }
  }
}
