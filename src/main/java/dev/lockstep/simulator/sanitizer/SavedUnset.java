package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** Saves and restores registers around a call that may lead to where it stands. */
final class SavedUnset extends Op {
  private final Op op;
  private final int[] numbers;
  private final boolean saves;

  SavedUnset(Op op, int[] numbers, boolean saves) {
    this.op = op;
    this.numbers = numbers;
    this.saves = saves;
  }

  @Override
  public void execute(Warp w) {
    BlockShadow shadow = BlockShadow.of(w);
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int thread = w.index() * Warp.LANES + lane;
      if (saves) {
        shadow.saved.get(thread).push(shadow.unset.save(w, numbers, lane));
      } else {
        shadow.unset.restore(w, numbers, lane, shadow.saved.get(thread).pop());
      }
    }
    op.execute(w);
  }
}
