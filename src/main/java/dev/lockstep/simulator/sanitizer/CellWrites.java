package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** Who wrote what in a block's shared memory last, cell by cell. */
final class CellWrites {
  private static final int LANES = Warp.LANES;

  private final int shift;

  /** By cell: the last {@link Record#write}. */
  private final long[] writes;

  /** Cells nobody has written in this block. */
  private int unwritten;

  /** Records up to here are of earlier blocks; and up to there, before the block met last. */
  private long unborn;

  private long settled;

  CellWrites(int bytes, int shift) {
    this.shift = shift;
    this.writes = new long[(bytes >>> shift) + 1];
  }

  /** Times have been reset. */
  void reset() {
    Arrays.fill(writes, 0);
  }

  /**
   * A block starts.
   *
   * @param before the greatest record of blocks before
   */
  void restart(long before) {
    unborn = before;
    unwritten = writes.length - 1;
  }

  /**
   * All threads of the block have met.
   *
   * @param before the greatest record of what was done before
   */
  void settle(long before) {
    settled = before;
  }

  /** Copies that nobody waited for end with their block. */
  void abandonCopies() {
    for (int cell = 0; cell < writes.length; cell++) {
      if (Record.time(writes[cell]) == Clocks.NEVER) {
        writes[cell] = 0;
      }
    }
  }

  /** The last record of a cell, perhaps of an earlier block. */
  long get(int cell) {
    return writes[cell];
  }

  /** Whether nobody has written a cell in this block. */
  boolean isUnwritten(int cell) {
    return writes[cell] <= unborn;
  }

  /** Whether nobody has written a cell since the block met last. */
  boolean isSettled(int cell) {
    return writes[cell] <= settled;
  }

  /** Whether every cell was written in this block. */
  boolean areWritten() {
    return unwritten == 0;
  }

  void set(int cell, long record) {
    unwritten -= isUnwritten(cell) ? 1 : 0;
    writes[cell] = record;
  }

  /** Whether what lanes read was all written, before the block met last. Without a branch. */
  boolean areSettled(LaneOffsets lanes) {
    int[] at = lanes.at;
    long first = unborn + 1;
    long last = settled;
    long bad = 0;
    for (int next = 0; next < lanes.size(); next += 1 << shift) {
      for (int i = 0; i < LANES; i++) {
        long write = writes[at[i] + next >>> shift];
        bad |= (write - first) | (last - write);
      }
    }
    return bad >= 0;
  }

  /**
   * Whether what lanes access was last written before that, by what is known of their own warp: by
   * the lane itself, or before all lanes met; or both accesses are atomic. What is read must have
   * been written at all.
   *
   * @param met up to when what a lane of the warp did comes before what another does now
   */
  boolean areOrdered(LaneOffsets lanes, int warp, int met, AccessSite site) {
    int[] at = lanes.at;
    int[] lane = lanes.lane;
    long first = site.reads() ? unborn + 1 : 0;
    long last = settled;
    long lastMet = Record.last(met);
    long own = warp * (long) LANES;
    long strong = site.isStrong() ? -1 : 0;
    long bad = 0;
    for (int next = 0; next < lanes.size(); next += 1 << shift) {
      for (int i = 0; i < LANES; i++) {
        long write = writes[at[i] + next >>> shift];
        long other = Record.thread(write) ^ own + lane[i];
        // Negative: what may excuse a write that came since the block met.
        long before = other - LANES & ~(lastMet - write);
        long same = other - 1 & ~(Record.LAST - write);
        bad |=
            (write - first) | (last - write) & ~(before | same | Record.ifAtomic(write) & strong);
      }
    }
    return bad >= 0;
  }

  /** Whether nobody has written cells since the block met. */
  boolean areFree(LaneOffsets lanes) {
    int[] at = lanes.at;
    long last = settled;
    long bad = 0;
    for (int next = 0; next < lanes.size(); next += 1 << shift) {
      for (int i = 0; i < LANES; i++) {
        bad |= last - writes[at[i] + next >>> shift];
      }
    }
    return bad >= 0;
  }

  /**
   * Notes writes.
   *
   * @param record of lane 0
   */
  void set(LaneOffsets lanes, long record) {
    int[] at = lanes.at;
    int[] lane = lanes.lane;
    if (unwritten == 0) {
      for (int next = 0; next < lanes.size(); next += 1 << shift) {
        for (int i = 0; i < LANES; i++) {
          writes[at[i] + next >>> shift] = record + lane[i];
        }
      }
      return;
    }
    long limit = unborn;
    int fresh = 0;
    for (int next = 0; next < lanes.size(); next += 1 << shift) {
      for (int i = 0; i < LANES; i++) {
        int cell = at[i] + next >>> shift;
        fresh += (int) (writes[cell] - limit - 1 >>> 63);
        writes[cell] = record + lane[i];
      }
    }
    unwritten -= fresh;
  }

  /**
   * Whether all lanes read what was written before the block met last, as far as is easily told.
   */
  boolean areSettled(LaneAddresses lanes, int offset, int size) {
    int first = (int) lanes.first() + offset;
    if (lanes.stride() != LaneAddresses.IRREGULAR) {
      return areSettled(first, (int) lanes.stride(), LANES, size);
    }
    int half = LANES / 2;
    return lanes.lowerStride() != LaneAddresses.IRREGULAR
        && lanes.upperStride() != LaneAddresses.IRREGULAR
        && areSettled(first, (int) lanes.lowerStride(), half, size)
        && areSettled((int) lanes.middle() + offset, (int) lanes.upperStride(), half, size);
  }

  private boolean areSettled(int offset, int stride, int count, int size) {
    if (stride == 0 || stride == size) {
      return areSettled(offset, stride == 0 ? size : count * size);
    }
    long first = unborn + 1;
    long last = settled;
    long bad = 0;
    for (int next = 0; next < size; next += 1 << shift) {
      for (int i = 0; i < count; i++) {
        long write = writes[offset + next + i * stride >>> shift];
        bad |= (write - first) | (last - write);
      }
    }
    return bad >= 0;
  }

  private boolean areSettled(int offset, int size) {
    int from = offset >>> shift;
    int count = size >>> shift;
    long first = unborn + 1;
    long last = settled;
    long bad = 0;
    for (int i = 0; i < count; i++) {
      long write = writes[from + i];
      bad |= (write - first) | (last - write);
    }
    return bad >= 0;
  }

  /**
   * Notes a store of neighbours by all lanes, if the block has met since they were written.
   *
   * @param record of lane 0
   */
  boolean storeRow(int offset, int size, long record) {
    int first = offset >>> shift;
    int each = size >>> shift;
    int fresh = 0;
    for (int from = 0; from < each * LANES; from += LANES) {
      int here = fresh(first + from);
      if (here < 0) {
        return false;
      }
      fresh += here;
    }
    unwritten -= fresh;
    long[] lanes = CellLanes.of(each);
    for (int from = 0; from < each * LANES; from += LANES) {
      for (int i = 0; i < LANES; i++) {
        writes[first + from + i] = record + lanes[from + i];
      }
    }
    return true;
  }

  /** How many of 32 cells nobody has written; −1 if some were since the block met. */
  private int fresh(int first) {
    long last = settled;
    long limit = unborn;
    long late = 0;
    int fresh = 0;
    for (int i = 0; i < LANES; i++) {
      long before = writes[first + i];
      late |= last - before;
      fresh += (int) (before - limit - 1 >>> 63);
    }
    return late < 0 ? -1 : fresh;
  }
}
