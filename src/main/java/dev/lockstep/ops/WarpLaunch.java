package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that gives each row to one warp.
 *
 * @param blocks blocks of {@link #THREADS}
 */
record WarpLaunch(long blocks) {
  static final int ROWS_PER_BLOCK = 4;
  static final int THREADS = 32 * ROWS_PER_BLOCK;

  /** The launch for {@code rows} rows. */
  static WarpLaunch of(long rows) {
    return new WarpLaunch(Math.ceilDiv(rows, (long) ROWS_PER_BLOCK));
  }

  Launch launch() {
    return Launch.of(blocks, THREADS);
  }
}
