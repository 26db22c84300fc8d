package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a matrix product: one block per tile of the output, in one dimension.
 *
 * @param tiles tiles of {@link #TILE} × {@link #TILE} that cover the output
 */
record GemmLaunch(long tiles) {
  static final int TILE = 64;
  static final int THREADS = 128;

  /** The launch for an output of {@code rows} × {@code cols}. */
  static GemmLaunch of(long rows, long cols) {
    long down = Math.ceilDiv(rows, (long) TILE);
    long across = Math.ceilDiv(cols, (long) TILE);
    if (down > Long.MAX_VALUE / across) {
      throw new IllegalArgumentException(
          "an output of %d x %d has %d x %d tiles, too many to count"
              .formatted(rows, cols, down, across));
    }
    return new GemmLaunch(down * across);
  }

  Launch launch() {
    return Launch.of(tiles, THREADS);
  }
}
