package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * Counts accesses in no order quickly: those of a warp whose lanes all access one region, aligned.
 * Each then lies in one sector, so that {@link Marks} of sectors are enough to tell which lanes
 * share one; only those may touch the same bytes.
 */
final class Scatter {
  /** Elements that are told from each other at once; further ones take the place of some. */
  private static final int SEEN = 1 << 12;

  /** By lane: the line it accesses, counted from the region's first, and what marks its sector. */
  private final int[] places = new int[Warp.LANES];

  private final int[] signs = new int[Warp.LANES];

  /** By lane: the bytes before it in the region. */
  private final int[] offsets = new int[Warp.LANES];

  /** By element: the number of the latest access that found lanes to share sectors and had it. */
  private final int[] seen = new int[SEEN];

  private int latest;

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
    mark(marks.lines(), number);
    int active = Integer.bitCount(lanes);
    if (sectors == active) {
      distinct = active;
    } else {
      distinguish(addresses, lanes, active, bytes, marks.lines().length);
    }
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
    int[] from = offsets;
    int[] found = places;
    int[] signed = signs;
    long low = 0;
    long outside = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long address = lanes == -1 || (lanes >>> i & 1) != 0 ? addresses[i] : instead;
      long offset = address - start;
      low |= offset;
      outside |= offset | last - offset;
      from[i] = (int) offset;
    }
    for (int i = 0; i < Warp.LANES; i++) {
      int sector = from[i] >>> Footprint.SECTOR;
      int upper = sector >>> 1 & 1;
      found[i] = sector >>> Footprint.LINE - Footprint.SECTOR;
      signed[i] = number | Marks.SIGN * (1 + (sector & 1)) * (1 + 3 * upper);
    }
    return outside >= 0 && (low & bytes - 1) == 0;
  }

  /**
   * Marks and counts sectors and lines. Without a branch: whether a place was marked before is
   * what nobody can predict.
   */
  private void mark(int[] known, int number) {
    int met = 0;
    int again = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      int place = places[i];
      int sign = signs[i];
      int mark = known[place];
      int same = ((mark ^ number) >>> Marks.NUMBER) - 1 >> 31;
      int kept = mark & (Marks.EVER | same);
      known[place] = kept | sign;
      met -= same;
      again += -(kept & sign & Marks.NOW) >>> 31;
    }
    lines = Warp.LANES - met;
    sectors = Warp.LANES - again;
  }

  /** Counts addresses, of which some share a sector. */
  private void distinguish(long[] addresses, int lanes, int active, int bytes, int size) {
    int shift = Integer.numberOfTrailingZeros(bytes);
    int number = ++latest;
    int[] known = seen;
    int different = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      int place = offsets[i] >>> shift & SEEN - 1;
      different -= known[place] - number >> 31;
      known[place] = number;
    }
    boolean exact = different == active || size << Footprint.LINE - shift <= SEEN;
    distinct = exact ? different : different(addresses, lanes);
  }

  /** How many different addresses these lanes have. */
  private static int different(long[] addresses, int lanes) {
    int different = 0;
    for (int left = lanes; left != 0; left &= left - 1) {
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
