package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * {@code stmatrix}: what {@link LoadMatrix} loads, the other way. Lane i holds row i/4, columns
 * 2(i%4) and 2(i%4)+1 of each matrix, or of its transpose.
 */
public final class StoreMatrix extends Op implements MemoryOp {
  private static final int ROW_BYTES = 16;

  private final Address address;
  private final int[] a;
  private final boolean transposed;

  public StoreMatrix(Address address, int[] a, boolean transposed) {
    this.address = address;
    this.a = a;
    this.transposed = transposed;
  }

  @Override
  public void execute(Warp w) {
    if (!WholeWarp.gather(w, "stmatrix")) {
      return;
    }
    long[] rows = address.values(w);
    for (int lane = 0; lane < 8 * a.length; lane++) {
      long at = address.locate(w, lane, rows[lane], ROW_BYTES, "stmatrix");
      int[] fragments = w.ints[a[lane / 8]];
      if (transposed) {
        column(w.located(), at, lane % 8, fragments);
      } else {
        row(w.located(), at, lane % 8, fragments);
      }
    }
  }

  @Override
  public List<Access> accesses() {
    return List.of(new Access(Access.Kind.MATRIX_STORE, address, ROW_BYTES, Access.rows(a.length)));
  }

  private static void row(MemorySegment to, long at, int row, int[] fragments) {
    for (int i = 0; i < 4; i++) {
      to.set(ValueLayout.JAVA_INT_UNALIGNED, at + 4 * i, fragments[4 * row + i]);
    }
  }

  /** Row r of memory is column r of what the lanes hold: a half of each group's fragment. */
  private static void column(MemorySegment to, long at, int column, int[] fragments) {
    int shift = column % 2 * 16;
    for (int i = 0; i < 8; i++) {
      short element = (short) (fragments[4 * i + column / 2] >>> shift);
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2 * i, element);
    }
  }
}
