package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * {@code ldmatrix}: one, two or four 8×8 matrices of 16-bit elements from shared memory. Lanes 0–7
 * hold the addresses of the first matrix's rows, 8–15 those of the second, and so on. Lane i gets
 * row i/4, columns 2(i%4) and 2(i%4)+1 of each; transposed, the same of the transpose.
 */
public final class LoadMatrix extends Op implements MemoryOp {
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
    if (!WholeWarp.gather(w, "ldmatrix")) {
      return;
    }
    long[] rows = address.values(w);
    if (d.length == 4) {
      Region region = address.region(w, rows, ROW_BYTES);
      if (region != null) {
        for (int m = 0; m < 4; m++) {
          load(region.segment(), rows, 8 * m, address.shift(region), w.ints[d[m]]);
        }
        return;
      }
    }
    checked(w, rows);
  }

  @Override
  public List<Access> accesses() {
    return List.of(new Access(Access.Kind.MATRIX_LOAD, address, ROW_BYTES, Access.rows(d.length)));
  }

  /** Fewer lanes than all hold addresses, or one of them is wrong: row after row. */
  private void checked(Warp w, long[] rows) {
    long[] places = w.scratchLongs;
    for (int lane = 0; lane < 8 * d.length; lane++) {
      places[lane] = address.locate(w, lane, rows[lane], ROW_BYTES, "ldmatrix");
    }
    for (int m = 0; m < d.length; m++) {
      load(w.located(), places, 8 * m, 0, w.ints[d[m]]);
    }
  }

  private void load(MemorySegment from, long[] rows, int first, long shift, int[] result) {
    if (transposed) {
      for (int pair = 0; pair < 4; pair++) {
        long upper = rows[first + 2 * pair] + shift;
        long lower = rows[first + 2 * pair + 1] + shift;
        columns(from, upper, lower, pair, result);
      }
    } else {
      for (int row = 0; row < 8; row++) {
        row(from, rows[first + row] + shift, row, result);
      }
    }
  }

  private static void row(MemorySegment shared, long at, int row, int[] result) {
    long low = shared.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    long high = shared.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8);
    result[4 * row] = (int) low;
    result[4 * row + 1] = (int) (low >>> 32);
    result[4 * row + 2] = (int) high;
    result[4 * row + 3] = (int) (high >>> 32);
  }

  /** Rows 2·pair and 2·pair + 1 in memory are what lanes 4·column + pair hold. */
  private static void columns(
      MemorySegment shared, long upper, long lower, int pair, int[] result) {
    for (int half = 0; half < 2; half++) {
      long first = shared.get(ValueLayout.JAVA_LONG_UNALIGNED, upper + 8 * half);
      long second = shared.get(ValueLayout.JAVA_LONG_UNALIGNED, lower + 8 * half);
      for (int column = 0; column < 4; column++) {
        int element = (int) (first >>> (16 * column)) & 0xffff;
        int next = (int) (second >>> (16 * column)) & 0xffff;
        result[16 * half + 4 * column + pair] = element | (next << 16);
      }
    }
  }
}
