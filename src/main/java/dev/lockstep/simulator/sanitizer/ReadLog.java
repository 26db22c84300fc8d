package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import java.util.Arrays;

/**
 * What the warps of a block read from shared memory since all of them met last, not yet noted place
 * by place: most of it never has to be, as nobody writes there before they meet again.
 */
final class ReadLog {
  /** Entries kept by warp. One more is working space. */
  private static final int CAPACITY = 64;

  private static final int LANES = 32;
  private static final int HALF = LANES / 2;

  /** What the stride of an entry is whose offsets are kept one by one. */
  private static final int IRREGULAR = Integer.MIN_VALUE;

  // The fields of an entry, one array of them by warp.
  private static final int MASK = 0;
  private static final int SIZE = 1;
  private static final int TIME = 2;
  private static final int SITE = 3;
  private static final int LOW = 4;
  private static final int END = 5;
  private static final int FIRST = 6;
  private static final int LOWER = 7;
  private static final int MIDDLE = 8;
  private static final int UPPER = 9;
  private static final int FIELDS = 10;

  private final int[][] entries;

  /** By warp: 32 offsets an entry, if it is irregular. */
  private final int[][] offsets;

  private final int[] count;

  /** Takes entries that are no longer kept. */
  interface Sink {
    /** Some lanes have read, each at its offset, from {@code base} on. */
    void lanes(int warp, int[] offsets, int base, int mask, int bytes, int time, int site);

    /**
     * Neighbouring lanes have read, in equal steps.
     *
     * @param first the offset of the first
     * @param lane the first
     */
    void row(int warp, int first, int stride, int lane, int count, int bytes, int time, int site);
  }

  /** By warp and entry: its {@link LaneCells}, once somebody asked; else 0. */
  private final long[][] cells;

  private final int shift;

  /**
   * @param shift by which offsets are cells
   */
  ReadLog(int warps, int shift) {
    this.shift = shift;
    cells = new long[warps][CAPACITY];
    entries = new int[warps][CAPACITY * FIELDS];
    offsets = new int[warps][(CAPACITY + 1) * LANES];
    count = new int[warps];
  }

  /** Where an access may put its offsets: from {@link #base} on. */
  int[] offsets(int warp) {
    return offsets[warp];
  }

  int base(int warp) {
    return count[warp] * LANES;
  }

  /** Keeps what was put at {@link #base}; true when there is no room for another. */
  boolean add(int warp, int mask, int size, int low, int end, int time, int site) {
    int at = entry(warp, mask, size, low, end, time, site);
    entries[warp][at + LOWER] = IRREGULAR;
    return count[warp] == CAPACITY;
  }

  /** Keeps a read of all lanes, whose addresses have been looked at; true as {@link #add}. */
  boolean add(int warp, LaneAddresses lanes, int offset, int size, int time, int site) {
    int low = (int) lanes.low() + offset;
    int end = (int) lanes.high() + offset + size;
    boolean regular =
        lanes.lowerStride() != LaneAddresses.IRREGULAR
            && lanes.upperStride() != LaneAddresses.IRREGULAR;
    if (!regular) {
      place(lanes, offset, offsets[warp], base(warp));
      return add(warp, -1, size, low, end, time, site);
    }
    int at = entry(warp, -1, size, low, end, time, site);
    int[] fields = entries[warp];
    fields[at + FIRST] = (int) lanes.first() + offset;
    fields[at + LOWER] = (int) lanes.lowerStride();
    fields[at + MIDDLE] = (int) lanes.middle() + offset;
    fields[at + UPPER] = (int) lanes.upperStride();
    return count[warp] == CAPACITY;
  }

  private int entry(int warp, int mask, int size, int low, int end, int time, int site) {
    cells[warp][count[warp]] = 0;
    int at = count[warp]++ * FIELDS;
    int[] fields = entries[warp];
    fields[at + MASK] = mask;
    fields[at + SIZE] = size;
    fields[at + TIME] = time;
    fields[at + SITE] = site;
    fields[at + LOW] = low;
    fields[at + END] = end;
    return at;
  }

  static void place(LaneAddresses lanes, int offset, int[] at, int base) {
    long[] values = lanes.values();
    for (int i = 0; i < LANES; i++) {
      at[base + i] = (int) values[i] + offset;
    }
  }

  /** Whether entries lie where a write between {@code low} and {@code end} does. */
  boolean overlaps(int low, int end) {
    for (int w = 0; w < count.length; w++) {
      int[] fields = entries[w];
      for (int at = 0; at < count[w] * FIELDS; at += FIELDS) {
        if (low < fields[at + END] && end > fields[at + LOW]) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Whether an entry may be in the way of a write by some lanes, whose offsets were put at {@link
   * #base}. What each of them alone has read is not.
   */
  boolean mayConflict(int warp, int mask, int low, int end, int size) {
    long written = LaneCells.of(offsets[warp], base(warp), mask, size, shift);
    for (int w = 0; w < count.length; w++) {
      int[] fields = entries[w];
      for (int i = 0; i < count[w]; i++) {
        int at = i * FIELDS;
        if (low < fields[at + END]
            && end > fields[at + LOW]
            && (written & cells(w, i)) != 0
            && !(w == warp && isEachOwn(w, i, mask, size))) {
          return true;
        }
      }
    }
    return false;
  }

  private long cells(int warp, int i) {
    if (cells[warp][i] == 0) {
      int[] fields = entries[warp];
      int at = i * FIELDS;
      expand(fields, at, offsets[warp], i * LANES);
      cells[warp][i] =
          LaneCells.of(offsets[warp], i * LANES, fields[at + MASK], fields[at + SIZE], shift);
    }
    return cells[warp][i];
  }

  /** Whether lanes that write have read where they do, each alone. */
  private boolean isEachOwn(int warp, int i, int mask, int size) {
    int[] fields = entries[warp];
    int at = i * FIELDS;
    int its = fields[at + SIZE];
    int lanes = fields[at + MASK];
    boolean apart =
        isRow(fields, at)
            ? Math.abs(fields[at + LOWER]) >= Math.max(size, its)
            : size <= its && LaneCells.areApart(cells(warp, i), lanes, its, shift);
    int different = mask & ~lanes;
    int[] all = offsets[warp];
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      different |= all[i * LANES + lane] ^ all[base(warp) + lane];
    }
    return apart && different == 0;
  }

  private static boolean isRow(int[] fields, int at) {
    int stride = fields[at + LOWER];
    return stride != IRREGULAR
        && stride == fields[at + UPPER]
        && fields[at + MIDDLE] == fields[at + FIRST] + HALF * stride;
  }

  void drain(int warp, Sink sink) {
    int[] fields = entries[warp];
    int n = count[warp];
    count[warp] = 0;
    for (int i = 0; i < n; i++) {
      int at = i * FIELDS;
      int size = fields[at + SIZE];
      int time = fields[at + TIME];
      int site = fields[at + SITE];
      int first = fields[at + FIRST];
      int lower = fields[at + LOWER];
      int middle = fields[at + MIDDLE];
      int upper = fields[at + UPPER];
      if (lower == IRREGULAR) {
        sink.lanes(warp, offsets[warp], i * LANES, fields[at + MASK], size, time, site);
      } else if (isRow(fields, at)) {
        sink.row(warp, first, lower, 0, LANES, size, time, site);
      } else {
        sink.row(warp, first, lower, 0, HALF, size, time, site);
        sink.row(warp, middle, upper, HALF, HALF, size, time, site);
      }
    }
  }

  /** Puts the offsets of an entry where those of irregular ones are. */
  private static void expand(int[] fields, int at, int[] into, int base) {
    if (fields[at + LOWER] != IRREGULAR) {
      for (int i = 0; i < HALF; i++) {
        into[base + i] = fields[at + FIRST] + i * fields[at + LOWER];
        into[base + HALF + i] = fields[at + MIDDLE] + i * fields[at + UPPER];
      }
    }
  }

  void drainAll(Sink sink) {
    for (int w = 0; w < count.length; w++) {
      drain(w, sink);
    }
  }

  void clear() {
    Arrays.fill(count, 0);
  }
}
