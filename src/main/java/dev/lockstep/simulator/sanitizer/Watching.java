package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Guarded;

/**
 * An instruction that reads or sets registers which some path reads before it sets them; few
 * kernels have any. The first to read one that is not set has the warp follow values.
 */
final class Watching extends Op {
  private final Op op;
  private final int[] uses;
  private final int[] sets;

  Watching(Op op, int[] uses, int[] sets) {
    this.op = op;
    this.uses = uses;
    this.sets = sets;
  }

  @Override
  public boolean isBarrier() {
    return op.isBarrier();
  }

  @Override
  public void execute(Warp w) {
    if (w.isFollowing()) {
      op.execute(w);
      return;
    }
    UnsetBits unset = BlockShadow.of(w).unset;
    int lanes = w.mask;
    for (int use : uses) {
      if ((lanes & unset.lacking(w, use)) != 0) {
        throw w.follow();
      }
    }
    if (op instanceof Guarded guarded) {
      lanes = guarded.chosen(w);
      op.execute(w);
    } else {
      op.execute(w);
      // An operation of the whole warp was done by those that came together at it, or not yet.
      lanes = w.mask;
    }
    for (int set : sets) {
      unset.set(w, set, lanes);
    }
  }
}
