package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * Addresses in one block of 64 places are told apart as bits of one number, most often those of all
 * lanes.
 */
final class Near {
  /** Places of a block, as a power of two. A shift by a place takes just so many of its bits. */
  private static final int PLACES = 6;

  private Near() {}

  /**
   * Lanes of these that access one block: all, or those that lie there with the first.
   *
   * @param unit bytes of a place, as a power of two
   */
  static int lanes(long[] addresses, int lanes, int unit) {
    long first = addresses[Integer.numberOfTrailingZeros(lanes)];
    return differences(addresses, first) >>> unit + PLACES == 0
        ? lanes
        : lanes(addresses, lanes, first, unit + PLACES);
  }

  /** Without a branch, so that the loop becomes vector code. */
  private static long differences(long[] addresses, long first) {
    long differences = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      differences |= addresses[i] ^ first;
    }
    return differences;
  }

  private static int lanes(long[] addresses, int lanes, long first, int block) {
    int near = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if ((addresses[lane] ^ first) >>> block == 0) {
        near |= 1 << lane;
      }
    }
    return near;
  }
}
