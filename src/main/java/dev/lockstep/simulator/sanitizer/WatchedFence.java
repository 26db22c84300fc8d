package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** A fence, after which a thread may say that it is done. */
final class WatchedFence extends Op {
  private final Op op;

  WatchedFence(Op op) {
    this.op = op;
  }

  @Override
  public void execute(Warp w) {
    op.execute(w);
    BlockShadow.of(w).fence(w);
  }
}
