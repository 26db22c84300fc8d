package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** What follows a load or store by which threads may tell each other something. */
public final class Spoken extends Op {
  private final boolean changed;

  /**
   * @param changed whether it was a store
   */
  public Spoken(boolean changed) {
    this.changed = changed;
  }

  @Override
  public void execute(Warp w) {
    w.groups.spoke(changed);
  }
}
