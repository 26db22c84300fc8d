package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.LocalCopy;

/** A structure that is an argument or a result: where it has no value, its copy has none. */
final class PassedStructure extends Op {
  private final LocalCopy op;

  PassedStructure(LocalCopy op) {
    this.op = op;
  }

  @Override
  public void execute(Warp w) {
    BlockShadow shadow = BlockShadow.of(w);
    long[] sources = op.from().values(w).clone();
    long[] targets = op.to().values(w);
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long from = sources[lane] + op.from().offset();
      long to = targets[lane] + op.to().offset();
      long last = shadow.localBytes - op.bytes();
      if (from >= 0 && from <= last && to >= 0 && to <= last) {
        shadow.local.copy(w, lane, to, from, op.bytes());
      }
    }
    op.execute(w);
  }
}
