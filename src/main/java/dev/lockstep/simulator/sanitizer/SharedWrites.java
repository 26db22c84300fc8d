package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Store;
import java.lang.foreign.MemorySegment;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who last wrote what in a block's shared memory, and whether an access comes after that. Places
 * are {@link SharedShadow}'s cells.
 */
final class SharedWrites implements UnsetReads.Memory {
  private static final int LANES = Warp.LANES;

  private final Clocks clocks;
  private final Reports reports;
  private final Handover handover;
  private final Holes holes = new Holes();
  private final UnsetReads unset;
  private final int shift;

  private final CellWrites cells;
  private final AlikeStores alike = new AlikeStores();

  /** Cells that a cp.async is to write. */
  private int inFlight;

  /** Of what was written since the block met. */
  private final WarpReaches reaches;

  SharedWrites(
      int bytes,
      int shift,
      int warps,
      Clocks clocks,
      Handover handover,
      Reports reports,
      UnsetReads unset) {
    this.shift = shift;
    this.clocks = clocks;
    this.handover = handover;
    this.reports = reports;
    this.unset = unset;
    this.cells = new CellWrites(bytes, shift);
    this.reaches = new WarpReaches(warps);
  }

  /** Times have been reset. */
  void reset() {
    cells.reset();
    alike.reset();
  }

  /** A block starts. */
  void restart() {
    cells.restart(Record.last(clocks.start()));
    holes.restart();
    if (inFlight != 0) {
      cells.abandonCopies();
      inFlight = 0;
    }
  }

  /** All threads of the block have met. */
  void settle() {
    cells.settle(Record.last(clocks.settled()));
    reaches.clear();
  }

  /** Whether what lies between may be read by anybody. */
  boolean isQuiet(int from, int end) {
    return cells.areWritten() && areFree(from, end);
  }

  /** Whether nothing of what lies between was written since the block met, or will be. */
  private boolean areFree(int from, int end) {
    return inFlight == 0 && !holes.any() && !reaches.overlap(from, end);
  }

  // ---- reads

  /** Checks reads. */
  void checkRead(Warp w, LaneOffsets lanes, AccessSite site) {
    if (isQuiet(lanes.low(), lanes.end())
        || !holes.any() && (cells.areSettled(lanes) || areOrdered(w, lanes, site))) {
      return;
    }
    for (int rest = lanes.mask(); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      examineRead(w, lane, lanes.at[lane], lanes.size(), site);
    }
  }

  /**
   * Whether all lanes read what was written before the block met last, as far as is easily told.
   */
  boolean areSettled(LaneAddresses lanes, int offset, int size) {
    return !holes.any() && cells.areSettled(lanes, offset, size);
  }

  private boolean areOrdered(Warp w, LaneOffsets lanes, AccessSite site) {
    int known = clocks.known(w.index(), w.index());
    return cells.areOrdered(lanes, w.index(), known, site);
  }

  private void examineRead(Warp w, int lane, int offset, int size, AccessSite site) {
    boolean whole = !holes.any();
    for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
      if (cells.isUnwritten(cell)) {
        whole = false;
      } else if (!cells.isSettled(cell)
          && !alike.includes(w.index() * LANES + lane, cell, cells.get(cell))) {
        checkOrder(w, lane, offset, size, cells.get(cell), site);
      }
    }
    if (!whole) {
      unset.read(w, lane, site, this, offset, size);
    }
  }

  @Override
  public String what(AccessSite site, long at, int size, LongPredicate written) {
    return reports.shared(site, (int) at, size, written);
  }

  @Override
  public long start() {
    return Windows.SHARED;
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public Holes.@Nullable Hole hole(long at) {
    return holes.at(at);
  }

  @Override
  public boolean isWritten(long offset) {
    return offset >= 0 && !cells.isUnwritten((int) (offset >>> shift)) && !holes.has(offset);
  }

  /** A lane accesses what was written since the block met. */
  private void checkOrder(Warp w, int lane, int offset, int size, long write, AccessSite site) {
    int other = Record.thread(write);
    AccessSite writer = reports.site(Record.writeSite(write));
    if (Record.time(write) == Clocks.NEVER) {
      if (site.kind() == Access.Kind.ASYNC_WRITE && other != w.index() * LANES + lane) {
        throw reports.race(w, lane, site, offset, size, other, writer);
      }
      throw reports.copyUnderWay(w, lane, site, offset, size, other, writer);
    }
    if (clocks.ordered(other, Record.time(write), w.index(), lane)
        || isStrong(write, site) && speaks(w, write, site)) {
      return;
    }
    if ((write & Record.ASYNC) != 0) {
      throw reports.copyNotShared(w, lane, site, offset, size, other, writer);
    }
    throw reports.race(w, lane, site, offset, size, other, writer);
  }

  private static boolean isStrong(long write, AccessSite site) {
    return (write & (Record.ATOMIC | Record.VOLATILE)) != 0 && site.isStrong();
  }

  /** Whether it does not matter which of two strong accesses comes first. */
  private static boolean speaks(Warp w, long write, AccessSite site) {
    boolean flag = (write & Record.FLAG) != 0 && Record.thread(write) >>> 5 != w.index();
    return (write & Record.ATOMIC) != 0 || flag || site.speaks();
  }

  // ---- writes

  /** A warp writes something between these offsets. */
  void wrote(Warp w, int from, int end) {
    reaches.add(w.index(), from, end);
  }

  /** Notes a store of neighbours by all lanes, if the block has met since they were written. */
  boolean storeRow(Warp w, int offset, int size, AccessSite site) {
    return !holes.any()
        && cells.storeRow(offset, size, Record.write(clocks.now(), w.index(), site));
  }

  /**
   * Checks and notes a write.
   *
   * @param apart whether no two lanes write the same cell
   * @param gaps what of it has no value; null for nothing
   */
  void note(
      Warp w,
      LaneOffsets lanes,
      boolean apart,
      AccessSite site,
      @Nullable Store store,
      @Nullable Gaps gaps) {
    boolean later = site.kind() == Access.Kind.ASYNC_WRITE;
    long record =
        later
            ? Record.write(Clocks.NEVER, w.index(), site) | Record.ASYNC
            : Record.write(clocks.now(), w.index(), site)
                | (handover.raisesFlag(w.index(), lanes.mask(), site) ? Record.FLAG : 0);
    if (!later
        && apart
        && gaps == null
        && !holes.any()
        && (areFree(lanes.low(), lanes.end())
            || cells.areFree(lanes)
            || alike.isEmpty() && areOrdered(w, lanes, site))) {
      cells.set(lanes, record);
      return;
    }
    int size = lanes.size();
    for (int rest = lanes.mask(); rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = lanes.at[lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long before = cells.get(cell);
        if (!cells.isSettled(cell)) {
          if (store != null && sameAgain(w, lane, offset, size, before, site, store)) {
            alike.agreed(cell, before, record + lane);
          } else {
            checkOrder(w, lane, offset, size, before, site);
            alike.forget(cell);
          }
        }
        cells.set(cell, record + lane);
        inFlight += later ? 1 : 0;
      }
      if (gaps != null || holes.any()) {
        holes.written(offset, size, gaps, lane);
      }
    }
  }

  /**
   * Whether what is written, in no known order, is what was written there last, so that the order
   * makes no difference: threads past the end of the data that all take its last element, for
   * example.
   */
  private boolean sameAgain(
      Warp w, int lane, int offset, int size, long before, AccessSite site, Store store) {
    if (Record.time(before) == Clocks.NEVER || (before & (Record.ASYNC | Record.ATOMIC)) != 0) {
      return false;
    }
    int other = Record.thread(before);
    if (clocks.ordered(other, Record.time(before), w.index(), lane)) {
      return false; // The usual case, in which values are not worth a look.
    }
    MemorySegment mine = value(w, lane, size, store);
    if (Record.writeSite(before) == site.id()
        && Record.time(before) == clocks.now()
        && other >>> 5 == w.index()
        && (other & 31) < lane) {
      // An earlier lane of this very execution, which memory does not show yet.
      return mine.mismatch(value(w, other & 31, size, store)) < 0;
    }
    return isThere(w, offset, mine);
  }

  private static MemorySegment value(Warp w, int lane, int size, Store store) {
    MemorySegment value = MemorySegment.ofArray(new byte[size]);
    store.put(w, lane, value, 0);
    return value;
  }

  private static boolean isThere(Warp w, int offset, MemorySegment value) {
    return value.mismatch(w.shared().segment().asSlice(offset, value.byteSize())) < 0;
  }

  /** Whether a store leaves what a thread that read a cell had stored there itself. */
  boolean leaves(Warp w, int lane, int offset, int size, Store store, int cell, int reader) {
    return !cells.isUnwritten(cell)
        && alike.includes(reader, cell, cells.get(cell))
        && isThere(w, offset, value(w, lane, size, store));
  }

  /** A lane has waited for a copy of its own: to it, the bytes are written now. */
  void copied(Warp w, int lane, int offset, int size) {
    int thread = w.index() * LANES + lane;
    for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
      long record = cells.get(cell);
      if (Record.time(record) == Clocks.NEVER && Record.thread(record) == thread) {
        cells.set(cell, record - Record.at(Clocks.NEVER) + Record.at(clocks.now()));
        inFlight--;
      }
    }
    wrote(w, offset, offset + size);
  }
}
