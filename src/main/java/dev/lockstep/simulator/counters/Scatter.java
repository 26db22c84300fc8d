package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * Counts accesses in no order quickly: those of a warp whose lanes all access one region, aligned.
 * Each then lies in one sector, so that {@link Marks} of sectors are enough to tell which lanes
 * share one; only those may touch the same bytes.
 */
final class Scatter {
  /** More lanes than that in a sector with others, and the slow way is as fast. */
  private static final int MOST_SHARED = 8;

  /** By lane: the line it accesses, counted from the region's first, and what marks its sector. */
  private final int[] places = new int[Warp.LANES];

  private final int[] signs = new int[Warp.LANES];

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
    Marks marks = into.marks();
    if (marks == null) {
      return false;
    }
    int number = marks.next();
    if (!find(addresses, more, lanes, bytes, into.first(), number, marks.lines().length)) {
      return false;
    }
    // The first active lane may find the mark of one that only counts as it.
    int again = mark(marks.lines(), number) & lanes & lanes - 1;
    int doubled = Integer.bitCount(again);
    if (doubled > MOST_SHARED) {
      return false;
    }
    distinct = sectors + (doubled == 0 ? 0 : different(addresses, lanes, again));
    return true;
  }

  /**
   * Finds places and signs; false unless all are in the region and all accesses aligned. Without
   * branches and shifts by a variable, so that the loops become vector code.
   */
  private boolean find(
      long[] addresses, long more, int lanes, int bytes, long first, int number, int size) {
    // Lanes that are not active count as the first that is.
    long instead = addresses[Integer.numberOfTrailingZeros(lanes)];
    long start = (first << Footprint.SECTOR) - more;
    long last = ((long) size << Footprint.LINE) - 1;
    int[] found = places;
    int[] signed = signs;
    long low = 0;
    long outside = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long address = lanes == -1 || (lanes >>> i & 1) != 0 ? addresses[i] : instead;
      long offset = address - start;
      low |= offset;
      outside |= offset | last - offset;
      found[i] = (int) offset;
    }
    for (int i = 0; i < Warp.LANES; i++) {
      int sector = found[i] >>> Footprint.SECTOR;
      int upper = sector >>> 1 & 1;
      found[i] = sector >>> Footprint.LINE - Footprint.SECTOR;
      signed[i] = number | Marks.SIGN * (1 + (sector & 1)) * (1 + 3 * upper);
    }
    return outside >= 0 && (low & bytes - 1) == 0;
  }

  /** Marks and counts the sectors; returns the lanes that found theirs marked. */
  private int mark(int[] known, int number) {
    int met = 0;
    int added = 0;
    int again = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      int place = places[i];
      int sign = signs[i];
      int mark = known[place];
      if ((mark ^ number) >>> Marks.NUMBER != 0) {
        known[place] = mark & Marks.EVER | sign;
      } else {
        known[place] = mark | sign;
        met++;
        if ((mark & sign & Marks.NOW) == 0) {
          added++;
        } else {
          again |= 1 << i;
        }
      }
    }
    lines = Warp.LANES - met;
    sectors = lines + added;
    return again;
  }

  /** How many of the lanes that share a sector with an earlier one have an address of their own. */
  private static int different(long[] addresses, int lanes, int again) {
    int different = 0;
    for (int left = again; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      boolean known = false;
      for (int rest = lanes & (1 << lane) - 1; rest != 0; rest &= rest - 1) {
        known |= addresses[Integer.numberOfTrailingZeros(rest)] == addresses[lane];
      }
      different += known ? 0 : 1;
    }
    return different;
  }
}
