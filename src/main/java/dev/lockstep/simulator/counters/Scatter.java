package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * Counts accesses in no order quickly: those of a warp whose lanes all access one region, aligned.
 * Each then lies in one sector, so that a bit for each of the region's sectors is enough to tell
 * which lanes share one; only those may touch the same bytes.
 */
final class Scatter {
  /** More lanes than that in a sector with others, and the slow way is as fast. */
  private static final int MOST_SHARED = 8;

  private static final int LINE_SECTORS = 4;

  private final int[] words = new int[Warp.LANES];
  private final int[] shared = new int[MOST_SHARED];

  private int sectors;
  private int lines;
  private int distinct;

  /** How many sectors. */
  int sectors() {
    return sectors;
  }

  /** How many lines of 128 bytes. */
  int lines() {
    return lines;
  }

  /** How many different addresses. */
  int distinct() {
    return distinct;
  }

  /**
   * Counts one access; false when it has to be done in another way, which the sectors noted by then
   * are part of.
   *
   * @param more added to each address
   * @param bytes a power of two, 32 at most
   * @param into gets the sectors
   */
  boolean count(long[] addresses, long more, int lanes, int bytes, Footprint.Touched into) {
    long[] pairs = into.pairs();
    long first = into.first();
    int all = 0;
    int lined = 0;
    int doubled = 0;
    long bits = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long address = addresses[lane] + more;
      bits |= address;
      long at = (address >> Footprint.SECTOR) - first;
      long pair = at >>> 6 << 1;
      if (pair >= pairs.length) {
        doubled = MOST_SHARED + 1;
        break;
      }
      int word = (int) pair;
      long known = pairs[word + 1];
      long bit = 1L << at;
      if ((known & bit) == 0) {
        words[all++] = word;
        lined += (known & 15L << (at & -LINE_SECTORS)) == 0 ? 1 : 0;
        pairs[word] |= bit;
        pairs[word + 1] = known | bit;
      } else if (doubled < MOST_SHARED) {
        shared[doubled++] = lane;
      } else {
        doubled = MOST_SHARED + 1;
        break;
      }
    }
    for (int i = 0; i < all; i++) {
      pairs[words[i] + 1] = 0;
    }
    if (doubled > MOST_SHARED || (bits & bytes - 1) != 0) {
      return false;
    }
    sectors = all;
    lines = lined;
    distinct = all + different(addresses, lanes, doubled);
    return true;
  }

  /** How many of the lanes that share a sector with an earlier one have an address of their own. */
  private int different(long[] addresses, int lanes, int doubled) {
    int different = 0;
    for (int i = 0; i < doubled; i++) {
      int lane = shared[i];
      boolean known = false;
      for (int rest = lanes & (1 << lane) - 1; rest != 0; rest &= rest - 1) {
        known |= addresses[Integer.numberOfTrailingZeros(rest)] == addresses[lane];
      }
      different += known ? 0 : 1;
    }
    return different;
  }
}
