package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** An instruction under {@code @p}: executed by the lanes whose predicate says so. */
public final class Guarded extends Op {
  private final Op op;
  private final int predicate;
  private final int flip;

  public Guarded(Op op, int predicate, boolean negated) {
    this.op = op;
    this.predicate = predicate;
    this.flip = negated ? -1 : 0;
  }

  /** Those of the active lanes that really execute the instruction. */
  public int chosen(Warp w) {
    return w.mask & (w.predicates[predicate] ^ flip);
  }

  @Override
  public void execute(Warp w) {
    int lanes = w.mask;
    int chosen = lanes & (w.predicates[predicate] ^ flip);
    if (chosen == lanes) {
      op.execute(w);
    } else if (chosen != 0) {
      w.setMask(chosen);
      try {
        op.execute(w);
      } finally {
        w.setMask(lanes);
      }
    }
  }
}
