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

  /** Rows over which reading one number for each column costs little beside the rows. */
  private static final int ROWS_FOR_A_VECTOR = 6;

  /** About two for each multiprocessor: with fewer, reading columns again is the better choice. */
  private static final long FEW_BLOCKS = 256;

  /** Enough to fill any GPU, and few enough that each sets itself up for many rows. */
  private static final long MANY_BLOCKS = 1024;

  /** The same where rows are not wider than a warp. */
  private static final long MANY_SMALL_BLOCKS = 512;

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
   * The launch in which every block works on as many rows as any other, give or take a few, and
   * keeps what it knows of the columns in registers meanwhile.
   *
   * @param vectors how many numbers it keeps for each column: 0 to 2
   */
  Launch forward(long rows, int vectors) {
    long enough = Math.min((long) vectors * ROWS_FOR_A_VECTOR, Math.ceilDiv(rows, FEW_BLOCKS));
    long most = width > WARP ? MANY_BLOCKS : MANY_SMALL_BLOCKS;
    long rowsPerBlock = Math.max(Math.max(enough, 1), Math.ceilDiv(rows, most));
    return launch(Math.ceilDiv(rows, Math.ceilDiv(rowsPerBlock, (long) slots) * slots));
  }

  /** The same for blocks that own few rows: without the warps that would have none. */
  RowGroupLaunch forRows(long rowsPerBlock) {
    int slotsPerWarp = Math.max(1, WARP / width);
    long needed = Math.ceilDiv(rowsPerBlock, (long) slotsPerWarp) * slotsPerWarp;
    return new RowGroupLaunch(width, (int) Math.min(slots, needed));
  }

  /** The launch of so many blocks. */
  Launch launch(long blocks) {
    return new Launch(Launch.of(blocks, 1).grid(), new Dim3(width, slots, 1), 0);
  }
}
