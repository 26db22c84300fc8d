package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that gives each row to one block and strides over rows.
 *
 * @param blocks blocks in the grid
 * @param threads threads of a block: a function of the columns alone, so that a row gives the same
 *     bits alone and in a batch
 */
record RowLaunch(long blocks, int threads) {
  private static final int WARP = 32;
  private static final int MAX_THREADS = 512;
  private static final int ELEMENTS_PER_THREAD = 4;

  /** Far more than run at once; further rows are reached by striding. */
  static final long MAX_BLOCKS = 1 << 20;

  /** The launch for {@code rows} rows of {@code cols} elements. */
  static RowLaunch of(long rows, long cols) {
    return new RowLaunch(Math.min(rows, MAX_BLOCKS), threadsFor(cols));
  }

  /** Whole warps, at least four elements for each thread once a warp is full, 32 to 512. */
  static int threadsFor(long cols) {
    long warps = Math.ceilDiv(cols, (long) WARP * ELEMENTS_PER_THREAD);
    return (int) Math.min(warps * WARP, MAX_THREADS);
  }

  Launch launch() {
    return Launch.of(blocks, threads);
  }
}
