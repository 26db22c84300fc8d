package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** Which lane each cell of a row belongs to, where the lanes of a warp access neighbours. */
final class CellLanes {
  /** The largest access has 32 cells of a byte. */
  private static final long[][] BY_CELLS = new long[6][];

  static {
    for (int shift = 0; shift < BY_CELLS.length; shift++) {
      int of = shift;
      BY_CELLS[shift] = new long[Warp.LANES << shift];
      Arrays.setAll(BY_CELLS[shift], i -> i >>> of);
    }
  }

  private CellLanes() {}

  /**
   * The lanes by cell: numbers to be added to records, in loops that become vector code.
   *
   * @param cells of each lane, a power of two
   */
  static long[] of(int cells) {
    return BY_CELLS[Integer.numberOfTrailingZeros(cells)];
  }
}
