package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that works through the chunks of a table: a block for each.
 *
 * @param blocks blocks of {@code threads}
 */
record ChunkLaunch(long blocks, int threads) {
  /** Reading alone: fewer threads, so that the reduction at a chunk's end costs less. */
  static final int NORM_THREADS = 128;

  static final int OPTIMIZER_THREADS = 256;

  /** Far above what any GPU runs at once; blocks stride over the chunks beyond. */
  static final long MAX_BLOCKS = 1 << 20;

  /** The launch for that many chunks. */
  static ChunkLaunch of(long chunks, int threads) {
    return new ChunkLaunch(Math.min(chunks, MAX_BLOCKS), threads);
  }

  Launch launch() {
    return Launch.of(blocks, threads);
  }
}
