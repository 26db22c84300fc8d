package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that sums columns: each block owns {@link #COLUMNS} of them.
 *
 * @param blocks blocks of {@link #THREADS}
 */
record ColumnLaunch(long blocks) {
  static final int COLUMNS = 32;
  static final int THREADS = 256;

  /** The launch for sums over {@code cols} columns. */
  static ColumnLaunch of(long cols) {
    return new ColumnLaunch(Math.ceilDiv(cols, (long) COLUMNS));
  }

  Launch launch() {
    return Launch.of(blocks, THREADS);
  }
}
