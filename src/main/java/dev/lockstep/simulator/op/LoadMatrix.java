package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code ldmatrix}: one, two or four 8×8 matrices of 16-bit elements from shared memory. Lanes 0–7
 * hold the addresses of the first matrix's rows, 8–15 those of the second, and so on. Lane i gets
 * row i/4, columns 2(i%4) and 2(i%4)+1 of each; transposed, the same of the transpose.
 */
public final class LoadMatrix extends Op {
  private static final int ROW_BYTES = 16;

  private final Address address;
  private final int[] d;
  private final boolean transposed;

  public LoadMatrix(Address address, int[] d, boolean transposed) {
    this.address = address;
    this.d = d;
    this.transposed = transposed;
  }

  @Override
  public void execute(Warp w) {
    if (!w.full && !w.groups.gather(-1)) {
      return;
    }
    if (!w.full) {
      throw w.trap("ldmatrix needs all 32 lanes of the warp, some have exited");
    }
    long[] rows = address.values(w);
    for (int m = 0; m < d.length; m++) {
      int[] result = w.ints[d[m]];
      for (int row = 0; row < 8; row++) {
        int lane = 8 * m + row;
        long at = address.locate(w, lane, rows[lane], ROW_BYTES, "ldmatrix");
        if (transposed) {
          column(w.segment, at, row, result);
        } else {
          row(w.segment, at, row, result);
        }
      }
    }
  }

  private static void row(MemorySegment shared, long at, int row, int[] result) {
    for (int pair = 0; pair < 4; pair++) {
      result[4 * row + pair] = shared.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4 * pair);
    }
  }

  /** Row k of memory is column k of the matrix: half of the pair in lane 4·column + k/2. */
  private static void column(MemorySegment shared, long at, int k, int[] result) {
    int high = (k & 1) * 16;
    for (int column = 0; column < 8; column++) {
      int element = shared.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2 * column) & 0xffff;
      int lane = 4 * column + k / 2;
      result[lane] = high == 0 ? element : result[lane] | element << 16;
    }
  }
}
