package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * Addresses in one block of 64 places are told apart as bits of one number, most often those of all
 * lanes.
 */
final class Near {
  /** Places of a block, as a power of two. A shift by a place takes just so many of its bits. */
  static final int PLACES = 6;

  private Near() {}

  /**
   * Whether these lanes access one block.
   *
   * @param more added to each address
   * @param unit bytes of a place, as a power of two
   */
  static boolean areAll(long[] addresses, long more, int lanes, int unit) {
    if (lanes == -1) {
      return differences(addresses, more) >>> unit + PLACES == 0;
    }
    long first = addresses[Integer.numberOfTrailingZeros(lanes)] + more;
    return lanes(addresses, more, lanes, first, unit + PLACES) == lanes;
  }

  /**
   * Lanes of these that access one block: all, or those that lie there with the first.
   *
   * @param unit bytes of a place, as a power of two
   */
  static int lanes(long[] addresses, int lanes, int unit) {
    long first = addresses[Integer.numberOfTrailingZeros(lanes)];
    return lanes == -1 && differences(addresses, 0) >>> unit + PLACES == 0
        ? lanes
        : lanes(addresses, 0, lanes, first, unit + PLACES);
  }

  /** Without a branch, so that the loop becomes vector code. */
  private static long differences(long[] addresses, long more) {
    long first = addresses[0] + more;
    long differences = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      differences |= addresses[i] + more ^ first;
    }
    return differences;
  }

  private static int lanes(long[] addresses, long more, int lanes, long first, int block) {
    int near = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if ((addresses[lane] + more ^ first) >>> block == 0) {
        near |= 1 << lane;
      }
    }
    return near;
  }
}
