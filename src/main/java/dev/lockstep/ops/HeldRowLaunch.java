package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;

/**
 * The launch of a kernel that gives each row to one block, which keeps the row in registers: up to
 * four 16-byte vectors to a thread. Longer rows go to the largest block, which reads them again.
 *
 * @param blocks blocks in the grid; further rows are reached by striding
 * @param threads threads of a block: a function of columns and type alone, so that a row gives the
 *     same bits alone and in a batch
 */
record HeldRowLaunch(long blocks, int threads) {
  private static final int WARP = 32;
  private static final int MAX_THREADS = 512;
  private static final int VECTORS_PER_THREAD = 4;
  private static final int VECTOR_BYTES = 16;

  /** The launch for {@code rows} rows of {@code cols} elements. */
  static HeldRowLaunch of(DType dtype, long rows, long cols) {
    long perWarp = (long) WARP * VECTORS_PER_THREAD * VECTOR_BYTES / dtype.byteSize();
    long warps = Math.min(Math.ceilDiv(cols, perWarp), MAX_THREADS / WARP);
    return new HeldRowLaunch(Math.min(rows, RowLaunch.MAX_BLOCKS), (int) warps * WARP);
  }

  Launch launch() {
    return Launch.of(blocks, threads);
  }
}
