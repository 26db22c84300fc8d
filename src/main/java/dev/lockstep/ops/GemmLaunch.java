package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a matrix product: one block per tile of the output, in one dimension.
 *
 * @param tile what a block computes
 * @param tiles how many of them cover the output
 */
record GemmLaunch(GemmTile tile, long tiles) {
  /** The launch for an output of {@code rows} × {@code cols}. */
  static GemmLaunch of(GemmTile tile, long rows, long cols) {
    long down = Math.ceilDiv(rows, (long) tile.rows());
    long across = Math.ceilDiv(cols, (long) tile.cols());
    if (across > 0 && down > Long.MAX_VALUE / across) {
      throw new IllegalArgumentException(
          "an output of %d x %d has %d x %d tiles, too many to count"
              .formatted(rows, cols, down, across));
    }
    return new GemmLaunch(tile, down * across);
  }

  Launch launch() {
    Launch launch = Launch.of(tiles, tile.threads());
    return new Launch(launch.grid(), launch.block(), tile.sharedBytes());
  }
}
