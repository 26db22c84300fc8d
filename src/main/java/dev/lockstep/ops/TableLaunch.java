package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that treats whole rows of a table alike: a block's x runs over the vectors
 * of a row, its y over rows, and so does the grid's the other way round. Kernels stride over what a
 * grid cannot hold.
 *
 * @param threads threads side by side in a row, a power of two
 * @param rowBlocks blocks of {@link #THREADS} / threads rows
 * @param columnBlocks blocks side by side in a row
 */
record TableLaunch(int threads, long rowBlocks, long columnBlocks) {
  static final int THREADS = 256;

  /** Leaves at least two rows to a block, so that short rows fill it too. */
  private static final int MAX_ROW_THREADS = 128;

  /** Preparing costs a thread more than a row does. */
  private static final long ROWS_PER_THREAD = 2;

  /** Enough to fill any GPU several times over; more only start and end. */
  private static final long MAX_BLOCKS = 1 << 12;

  /**
   * The launch for {@code rows} rows of {@code cols} elements, of which a thread takes {@code
   * vector} at once.
   */
  static TableLaunch of(long rows, long cols, int vector) {
    long vectors = Math.ceilDiv(cols, (long) vector);
    int threads = 1;
    while (threads < vectors && threads < MAX_ROW_THREADS) {
      threads *= 2;
    }
    long columnBlocks = Math.min(Math.ceilDiv(vectors, (long) threads), MAX_BLOCKS);
    long rowBlocks = Math.ceilDiv(rows, THREADS / threads * ROWS_PER_THREAD);
    return new TableLaunch(threads, Math.min(rowBlocks, MAX_BLOCKS / columnBlocks), columnBlocks);
  }

  Launch launch() {
    return new Launch(
        new Dim3((int) rowBlocks, (int) columnBlocks, 1),
        new Dim3(threads, THREADS / threads, 1),
        0);
  }
}
