package dev.lockstep.simulator.sanitizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Who read what in a block's shared memory since the block met, cell by cell. */
final class CellReads implements ReadLog.Sink {
  private static final long WARPS = 0xffff_ffffL;

  private final int shift;

  /** By cell: the warps that read it since the block met, as bits below the time of the last. */
  private final long[] readers;

  /** By warp and cell: the last {@link Record#read}. */
  private final long[] @Nullable [] reads;

  /** All that was read lies between these offsets. */
  private int low;

  private int high;

  private long settled;

  CellReads(int bytes, int shift, int warps) {
    this.shift = shift;
    this.readers = new long[(bytes >>> shift) + 1];
    this.reads = new long[warps][];
  }

  /** Times have been reset. */
  void reset() {
    Arrays.fill(readers, 0);
    Arrays.fill(reads, null);
  }

  /**
   * All threads of the block have met.
   *
   * @param before the greatest record of what was done before
   */
  void settle(long before) {
    settled = before;
    low = Integer.MAX_VALUE;
    high = -1;
  }

  /** Whether something between these offsets may have been read. */
  boolean mayHave(int from, int end) {
    return from < high && end > low;
  }

  /** The warps that read a cell since the block met, a bit for each. */
  int readers(int cell) {
    long state = readers[cell];
    return state > settled ? (int) state : 0;
  }

  /** The last {@link Record#read} of a cell by one of its {@link #readers}. */
  long read(int warp, int cell) {
    return of(warp)[cell];
  }

  private long[] of(int warp) {
    long[] its = reads[warp];
    if (its == null) {
      its = new long[readers.length];
      reads[warp] = its;
    }
    return its;
  }

  @Override
  public void lanes(int warp, LaneOffsets lanes, int time, int site) {
    long[] its = of(warp);
    for (int rest = lanes.mask(); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      lane(its, warp, lanes.at[lane], lanes.size(), time, lane, lane, site);
    }
  }

  @Override
  public void row(
      int warp, int first, int stride, int lane, int count, int bytes, int time, int site) {
    long[] its = of(warp);
    int last = lane + count - 1;
    if (stride == 0) {
      lane(its, warp, first, bytes, time, lane, last, site);
    } else if (stride == bytes) {
      neighbours(its, warp, first, lane, count, bytes, time, site);
    } else {
      for (int i = lane; i <= last; i++) {
        lane(its, warp, first + (i - lane) * stride, bytes, time, i, i, site);
      }
    }
  }

  /** Notes reads of one place by the lanes from one to another. */
  private void lane(
      long[] its, int warp, int offset, int bytes, int time, int from, int to, int site) {
    long now = Record.at(time) | 1L << warp;
    for (int cell = offset >>> shift; cell <= (offset + bytes - 1) >>> shift; cell++) {
      long before = readers[cell];
      readers[cell] = now | (before > settled ? before & WARPS : 0);
      long read = Record.read(its[cell], time, from, site);
      its[cell] = from == to ? read : Record.read(read, time, to, site);
    }
    wasRead(offset, offset + bytes);
  }

  /** Notes reads of places side by side. Without a branch, so that the loop is vector code. */
  private void neighbours(
      long[] its, int warp, int offset, int lane, int count, int bytes, int time, int site) {
    int first = offset >>> shift;
    int each = bytes >>> shift;
    int skipped = lane * each;
    long[] lanes = CellLanes.of(each);
    long now = Record.at(time) | 1L << warp;
    for (int i = 0; i < count * each; i++) {
      long before = readers[first + i];
      readers[first + i] = now | before & WARPS & Record.ifLater(before, settled);
      its[first + i] = Record.read(its[first + i], time, lanes[skipped + i], site);
    }
    wasRead(offset, offset + count * bytes);
  }

  private void wasRead(int from, int end) {
    low = Math.min(low, from);
    high = Math.max(high, end);
  }
}
