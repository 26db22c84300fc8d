package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Store;
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

  private final ReadLog log;
  private final CellMarks marks;

  /** What was read and is no longer in the log. */
  private final CellReads cells;

  // What was read since the block met lies between these offsets.
  private int readLow;
  private int readHigh;

  SharedReads(
      int bytes,
      int shift,
      int warps,
      CellMarks marks,
      Clocks clocks,
      Handover handover,
      Reports reports,
      SharedWrites writes) {
    this.shift = shift;
    this.writes = writes;
    this.clocks = clocks;
    this.handover = handover;
    this.reports = reports;
    this.log = new ReadLog(warps);
    this.marks = marks;
    this.cells = new CellReads(bytes, shift, warps);
  }

  /** Times have been reset. */
  void reset() {
    cells.reset();
  }

  /** All threads of the block have met. */
  void settle() {
    cells.settle(Record.last(clocks.settled()));
    log.clear();
    readLow = Integer.MAX_VALUE;
    readHigh = -1;
  }

  // ---- reads

  /** Notes a load by all lanes, at addresses that have been looked at. */
  void note(Warp w, LaneAddresses lanes, int offset, int size, AccessSite site) {
    readLow = Math.min(readLow, (int) lanes.low() + offset);
    readHigh = Math.max(readHigh, (int) lanes.high() + offset + size);
    if (log.add(w.index(), lanes, offset, size, clocks.now(), site.id())) {
      log.drain(w.index(), cells);
    }
  }

  /** Notes reads. */
  void note(Warp w, LaneOffsets lanes, AccessSite site) {
    readLow = Math.min(readLow, lanes.low());
    readHigh = Math.max(readHigh, lanes.end());
    if (log.add(w.index(), lanes, clocks.now(), site.id())) {
      log.drain(w.index(), cells);
    }
  }

  // ---- writes

  /** Whether somebody may have read between these offsets, where something is to be written. */
  boolean mayHave(int low, int end) {
    return low < readHigh && end > readLow && (cells.mayHave(low, end) || log.overlaps(low, end));
  }

  /** Reports reads, by others, of what is about to be written. */
  void check(Warp w, LaneOffsets lanes, AccessSite site, @Nullable Store store) {
    if (log.isInTheWay(w.index(), lanes, marks, clocks)) {
      log.drainAll(cells);
    }
    if (!cells.mayHave(lanes.low(), lanes.end())) {
      return;
    }
    int size = lanes.size();
    boolean flag = handover.raisesFlag(w.index(), lanes.mask(), site);
    for (int rest = lanes.mask(); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = lanes.at[lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        for (int warps = cells.readers(cell); warps != 0; warps &= warps - 1) {
          int warp = Integer.numberOfTrailingZeros(warps);
          checkReader(w, lane, offset, size, site, store, warp, cell, flag && warp != w.index());
        }
      }
    }
  }

  private void checkReader(
      Warp w,
      int lane,
      int offset,
      int size,
      AccessSite site,
      @Nullable Store store,
      int warp,
      int cell,
      boolean raised) {
    long read = cells.read(warp, cell);
    int reader = Record.otherReader(read, warp == w.index() ? lane : -1);
    if (reader < 0) {
      return;
    }
    int other = warp * LANES + Record.readerLane(reader);
    AccessSite before = reports.site(Record.readerSite(reader));
    if (clocks.ordered(other, Record.time(read), w.index(), lane)
        || before != null
            && before.isStrong()
            && site.isStrong()
            && (before.speaks() || site.speaks() || raised)
        || store != null && writes.leaves(w, lane, offset, size, store, cell, other)) {
      return;
    }
    throw reports.race(w, lane, site, offset, size, other, before);
  }
}
