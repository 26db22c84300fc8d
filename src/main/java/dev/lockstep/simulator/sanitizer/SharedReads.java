package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Who read what in a block's shared memory since the block met, and whether a write comes after
 * that. Places are {@link SharedShadow}'s cells.
 */
final class SharedReads {
  private static final int LANES = Warp.LANES;

  private final Clocks clocks;
  private final Handover handover;
  private final Reports reports;
  private final SharedWrites writes;
  private final int shift;

  /** By cell: the warps that read it since the block met, as bits below the time of the last. */
  private final long[] readers;

  /** By warp and cell: the last {@link Record#read}. */
  private final long[] @Nullable [] reads;

  private final ReadLog log;
  private final ReadLog.Sink noteCells = this::noteCells;

  // What was read since the block met lies between these offsets.
  private int readLow;
  private int readHigh;

  // What was read and is no longer in the log.
  private int notedLow;
  private int notedHigh;

  private long settled;

  SharedReads(
      int bytes,
      int shift,
      int warps,
      Clocks clocks,
      Handover handover,
      Reports reports,
      SharedWrites writes) {
    this.shift = shift;
    this.clocks = clocks;
    this.handover = handover;
    this.reports = reports;
    this.writes = writes;
    this.readers = new long[(bytes >>> shift) + 1];
    this.reads = new long[warps][];
    this.log = new ReadLog(warps);
  }

  /** Times have been reset. */
  void reset() {
    Arrays.fill(readers, 0);
    Arrays.fill(reads, null);
  }

  /** All threads of the block have met. */
  void settle() {
    settled = Record.last(clocks.settled());
    log.clear();
    readLow = Integer.MAX_VALUE;
    readHigh = -1;
    notedLow = Integer.MAX_VALUE;
    notedHigh = -1;
  }

  /** Where an access is to put the offsets of its lanes, from {@link #base} on. */
  int[] offsets(Warp w) {
    return log.offsets(w.index());
  }

  int base(Warp w) {
    return log.base(w.index());
  }

  // ---- reads

  /** Notes a load by all lanes, at addresses that have been looked at. */
  void note(Warp w, LaneAddresses lanes, int offset, int size, AccessSite site) {
    readLow = Math.min(readLow, (int) lanes.low() + offset);
    readHigh = Math.max(readHigh, (int) lanes.high() + offset + size);
    if (log.add(w.index(), lanes, offset, size, clocks.now(), site.id())) {
      log.drain(w.index(), noteCells);
    }
  }

  /** Notes reads of the lanes whose offsets were put at {@link #base}. */
  void note(Warp w, int mask, int low, int high, int size, AccessSite site) {
    readLow = Math.min(readLow, low);
    readHigh = Math.max(readHigh, high + size);
    if (log.add(w.index(), mask, size, low, high + size, clocks.now(), site.id())) {
      log.drain(w.index(), noteCells);
    }
  }

  private void noteCells(
      int warp, int[] offsets, int base, int mask, int size, int time, int site) {
    long[] mine = reads[warp];
    if (mine == null) {
      mine = new long[readers.length];
      reads[warp] = mine;
    }
    long bit = 1L << warp;
    long now = Record.at(time);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = offsets[base + lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long before = readers[cell];
        readers[cell] = now | bit | (before > settled ? before & 0xffff_ffffL : 0);
        mine[cell] = Record.read(mine[cell], time, lane, site);
      }
      notedLow = Math.min(notedLow, offset);
      notedHigh = Math.max(notedHigh, offset + size);
    }
  }

  // ---- writes

  /**
   * Whether somebody read what is about to be written.
   *
   * @param stride as {@link ReadLog#mayConflict}
   */
  void check(
      Warp w,
      int mask,
      int[] at,
      int base,
      int low,
      int end,
      int size,
      AccessSite site,
      int stride) {
    if (low >= readHigh || end <= readLow) {
      return;
    }
    if (log.mayConflict(low, end, w.index(), at[base], stride)) {
      log.drainAll(noteCells);
    }
    if (low < notedHigh && end > notedLow) {
      checkReaders(w, mask, at, base, size, site);
    }
  }

  private void checkReaders(Warp w, int mask, int[] at, int base, int size, AccessSite site) {
    boolean flag = handover.raisesFlag(w.index(), mask, site);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = at[base + lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long state = readers[cell];
        if (state > settled) {
          for (int warps = (int) state; warps != 0; warps &= warps - 1) {
            int warp = Integer.numberOfTrailingZeros(warps);
            checkReader(w, lane, offset, size, site, warp, cell, flag && warp != w.index());
          }
        }
      }
    }
  }

  private void checkReader(
      Warp w, int lane, int offset, int size, AccessSite site, int warp, int cell, boolean raised) {
    long[] its = reads[warp];
    if (its == null) {
      return;
    }
    int reader = Record.otherReader(its[cell], warp == w.index() ? lane : -1);
    if (reader < 0) {
      return;
    }
    int other = warp * LANES + Record.readerLane(reader);
    AccessSite before = reports.site(Record.readerSite(reader));
    if (clocks.ordered(other, Record.time(its[cell]), w.index(), lane)
        || before != null
            && before.isStrong()
            && site.isStrong()
            && (before.speaks() || site.speaks() || raised)) {
      return;
    }
    if (site.kind() == Access.Kind.ASYNC_WRITE && writes.isUnwritten(cell)) {
      throw reports.copyReadBefore(w, lane, offset, size, other, before);
    }
    throw reports.race(w, lane, site, offset, size, other, before);
  }
}
