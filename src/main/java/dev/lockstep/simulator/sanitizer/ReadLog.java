package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import java.util.Arrays;

/**
 * What the warps of a block read from shared memory since all of them met last, not yet noted place
 * by place: most of it never has to be, as nobody writes there before they meet again.
 */
final class ReadLog {
  /** Entries kept by warp. */
  private static final int CAPACITY = 64;

  private final LoggedRead[][] entries;
  private final int[] count;
  private final WarpReaches reaches;

  /** Takes entries that are no longer kept. */
  interface Sink {
    /** Some lanes have read. */
    void lanes(int warp, LaneOffsets lanes, int time, int site);

    /**
     * Neighbouring lanes have read, in equal steps.
     *
     * @param first the offset of the first
     * @param lane the first
     */
    void row(int warp, int first, int stride, int lane, int count, int bytes, int time, int site);
  }

  ReadLog(int warps) {
    entries = new LoggedRead[warps][CAPACITY];
    for (LoggedRead[] its : entries) {
      Arrays.setAll(its, i -> new LoggedRead());
    }
    count = new int[warps];
    reaches = new WarpReaches(warps);
  }

  /** Keeps a read; true when there is no room for another. */
  boolean add(int warp, LaneOffsets lanes, int time, int site) {
    next(warp, lanes.low(), lanes.end()).set(lanes, time, site);
    return count[warp] == CAPACITY;
  }

  /** Whether the other {@link #add} can keep it. */
  static boolean isStepped(LaneAddresses lanes) {
    return lanes.lowerStride() != LaneAddresses.IRREGULAR
        && lanes.upperStride() != LaneAddresses.IRREGULAR;
  }

  /** Keeps a read of all lanes, whose addresses have been looked at; true as {@link #add}. */
  boolean add(int warp, LaneAddresses lanes, int offset, int size, int time, int site) {
    int from = (int) lanes.low() + offset;
    int behind = (int) lanes.high() + offset + size;
    next(warp, from, behind).set(lanes, offset, size, time, site);
    return count[warp] == CAPACITY;
  }

  private LoggedRead next(int warp, int from, int behind) {
    reaches.add(warp, from, behind);
    return entries[warp][count[warp]++];
  }

  /** Whether entries may lie between these offsets. */
  boolean overlaps(int from, int behind) {
    return reaches.overlap(from, behind);
  }

  /**
   * Whether an entry is in the way of a write. What a lane alone has read it may write; and a warp
   * may write what was read at times that it knows of.
   *
   * @param marks for anything
   */
  boolean isInTheWay(int warp, LaneOffsets written, CellMarks marks, Clocks clocks) {
    boolean marked = false;
    for (int w = 0; w < count.length; w++) {
      if (!reaches.overlap(w, written.low(), written.end())) {
        continue;
      }
      int known = clocks.known(warp, w);
      for (int i = 0; i < count[w]; i++) {
        LoggedRead entry = entries[w][i];
        if (!entry.overlaps(written) || entry.time() <= known) {
          continue;
        }
        LaneOffsets read = entry.lanes();
        boolean own = w == warp;
        if (written.areApartFrom(read) || own && read.areApart() && written.areAmong(read)) {
          continue;
        }
        if (!marked) {
          marks.mark(written);
          marked = true;
        }
        if (own ? marks.haveOthers(read) : marks.haveAny(read)) {
          return true;
        }
      }
    }
    return false;
  }

  void drain(int warp, Sink sink) {
    int n = count[warp];
    count[warp] = 0;
    reaches.clear(warp);
    for (int i = 0; i < n; i++) {
      entries[warp][i].drain(warp, sink);
    }
  }

  void drainAll(Sink sink) {
    for (int w = 0; w < count.length; w++) {
      drain(w, sink);
    }
  }

  void clear() {
    Arrays.fill(count, 0);
    reaches.clear();
  }
}
