package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;

/**
 * A block of a kernel that keeps rows in registers ({@code row_group.cuh}): {@code slots} groups of
 * {@code width} threads, a row to each. Both are functions of the columns and the type alone.
 *
 * @param width threads of a row: 2, 4, 8 or 16, or whole warps
 * @param slots rows a block works on at a time
 */
record RowGroupLaunch(int width, int slots) {
  /** The widest row registers hold. */
  static final long MAX_COLUMNS = 8192;

  private static final int WARP = 32;

  /** Vectors of a row that each thread holds. */
  private static final int PACKS = 4;

  /** Threads of a block whose groups are not larger than a warp. */
  private static final int SMALL_BLOCK = 128;

  /**
   * The block for rows of {@code cols} elements.
   *
   * @param lanes elements of a vector
   */
  static RowGroupLaunch of(long cols, int lanes) {
    int threads = (int) Math.ceilDiv(cols, (long) lanes * PACKS);
    int width =
        threads > WARP / 2
            ? Math.ceilDiv(threads, WARP) * WARP
            // Two threads at least, whose 32 bytes make a whole sector.
            : Math.max(2, Integer.highestOneBit(2 * threads - 1));
    return new RowGroupLaunch(width, width > WARP ? 1 : SMALL_BLOCK / width);
  }

  /**
   * The launch in which every group works on as many rows as any other, give or take one, and keeps
   * what it knows of the columns in registers meanwhile.
   *
   * @param maxGroups most warps or, where a row takes several, blocks
   */
  Launch forward(long rows, long maxGroups) {
    long mostSlots = maxGroups * Math.max(1, WARP / width);
    long rowsPerSlot = Math.ceilDiv(rows, mostSlots);
    return launch(Math.ceilDiv(Math.ceilDiv(rows, rowsPerSlot), (long) slots));
  }

  /** The launch of so many blocks. */
  Launch launch(long blocks) {
    return new Launch(Launch.of(blocks, 1).grid(), new Dim3(width, slots, 1), 0);
  }
}
