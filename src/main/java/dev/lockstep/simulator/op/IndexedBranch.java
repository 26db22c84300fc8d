package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** {@code brx.idx}: every lane takes the branch its index names. */
public final class IndexedBranch extends Op {
  private final int index;
  private int[] targets = {};

  /**
   * @param index int register
   */
  public IndexedBranch(int index) {
    this.index = index;
  }

  /** Called once the code is laid out. */
  public void link(int[] pcs) {
    targets = pcs.clone();
  }

  @Override
  public void execute(Warp w) {
    int[] to = w.scratchInts;
    int[] indices = w.ints[index];
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int i = indices[lane];
      if (i < 0 || i >= targets.length) {
        throw w.trap(
            "an indexed branch by %s in a list of %d targets"
                .formatted(Integer.toUnsignedString(i), targets.length));
      }
      to[lane] = targets[i];
    }
    w.groups.scatter(to);
  }
}
