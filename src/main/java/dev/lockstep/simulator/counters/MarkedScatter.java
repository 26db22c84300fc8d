package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/**
 * {@link Scatter} by {@link Marks} of sectors, which are enough to tell which lanes share one; only
 * those may have the same address.
 */
final class MarkedScatter extends Scatter {
  /** Elements that are told from each other at once; further ones take the place of some. */
  private static final int SEEN = 1 << 12;

  /** By lane: the line it accesses, counted from the region's first, and what marks its sector. */
  private final int[] places = new int[Warp.LANES];

  private final int[] signs = new int[Warp.LANES];

  /** By element: the number of the latest access that found lanes to share sectors and had it. */
  private final int[] seen = new int[SEEN];

  private int latest;

  @Override
  void count(int bytes, Footprint.Touched into) {
    Marks marks = into.marks();
    int number = marks.next();
    find(number);
    mark(marks.lines(), number);
    if (sectors == Warp.LANES) {
      distinct = Warp.LANES;
    } else {
      distinguish(Integer.numberOfTrailingZeros(bytes), marks.lines().length);
    }
  }

  /** Finds places and signs. Without shifts by a variable, so that it becomes vector code. */
  private void find(int number) {
    int[] from = offsets;
    int[] found = places;
    int[] signed = signs;
    for (int i = 0; i < Warp.LANES; i++) {
      int sector = from[i] >>> Footprint.SECTOR;
      int upper = sector >>> 1 & 1;
      found[i] = sector >>> Footprint.LINE - Footprint.SECTOR;
      signed[i] = number | Marks.SIGN * (1 + (sector & 1)) * (1 + 3 * upper);
    }
  }

  /**
   * Marks and counts sectors and lines. Without a branch: whether a place was marked before is what
   * nobody can predict.
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
  private void distinguish(int shift, int size) {
    int number = ++latest;
    int[] known = seen;
    int different = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      int place = offsets[i] >>> shift & SEEN - 1;
      different -= known[place] - number >> 31;
      known[place] = number;
    }
    boolean exact = different == Warp.LANES || size << Footprint.LINE - shift <= SEEN;
    distinct = exact ? different : (int) Arrays.stream(offsets).distinct().count();
  }
}
