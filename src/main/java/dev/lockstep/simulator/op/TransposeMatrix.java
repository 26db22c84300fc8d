package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code movmatrix}: transposes an 8×8 matrix that lies in lanes as {@link LoadMatrix} says. */
public final class TransposeMatrix extends Op {
  private final int d;
  private final int a;

  public TransposeMatrix(Slot<int[]> d, Slot<int[]> a) {
    this.d = d.index();
    this.a = a.index();
  }

  @Override
  public void execute(Warp w) {
    if (!WholeWarp.gather(w, "movmatrix")) {
      return;
    }
    int[] from = w.ints[a];
    int[] result = w.scratchInts;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int row = lane / 4;
      int column = lane % 4 * 2;
      result[lane] = element(from, column, row) | element(from, column + 1, row) << 16;
    }
    System.arraycopy(result, 0, w.ints[d], 0, Warp.LANES);
  }

  private static int element(int[] fragments, int row, int column) {
    return fragments[4 * row + column / 2] >>> column % 2 * 16 & 0xffff;
  }
}
