package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;

/**
 * The launch of the norm kernels for rows of any width and alignment, a block to a row at a time.
 *
 * @param blocks blocks in the grid
 * @param threads threads of a block: a function of the columns and of whether they come in vectors
 */
record AnyNormLaunch(long blocks, int threads) {
  private static final int WARP = 32;
  private static final int MAX_THREADS = 1024;
  private static final int PARTIAL_THREADS = 256;

  /** Elements of a vector. */
  private static final int LANES = 4;

  /** Loads for each thread of a block that is not the largest. */
  private static final int LOADS = 4;

  /** The launch for {@code rows} rows of {@code cols} elements. */
  static AnyNormLaunch of(long rows, long cols, boolean vectors) {
    long loads = Math.ceilDiv(cols, vectors ? LANES : 1L);
    return new AnyNormLaunch(
        Math.min(rows, RowLaunch.MAX_BLOCKS), threads(Math.ceilDiv(loads, LOADS), MAX_THREADS));
  }

  /** The launch of the kernel that sums columns over the rows of each of {@code blocks} blocks. */
  static Launch partials(long blocks, long cols, boolean vectors) {
    long loads = Math.ceilDiv(cols, vectors ? LANES : 1L);
    int threads = threads(loads, PARTIAL_THREADS);
    Dim3 groups = Launch.of(Math.ceilDiv(loads, threads), threads).grid();
    return new Launch(new Dim3(groups.x(), (int) blocks, 1), new Dim3(threads), 0);
  }

  Launch launch() {
    return Launch.of(blocks, threads);
  }

  private static int threads(long wanted, int most) {
    return (int) Math.min(Math.ceilDiv(wanted, (long) WARP) * WARP, most);
  }
}
