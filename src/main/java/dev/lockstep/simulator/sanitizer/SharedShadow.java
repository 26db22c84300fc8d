package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Store;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Who last wrote and read what in a block's shared memory. A cell stands for as many bytes as the
 * kernel's smallest access has, so that every access covers whole cells.
 *
 * <p>Most accesses are settled by a few comparisons: cells written before the last barrier of the
 * whole block may be read by anybody, and what nobody has read since then may be written. Only what
 * is left over asks the {@link Clocks}.
 */
final class SharedShadow {
  private static final int LANES = Warp.LANES;

  private final Clocks clocks;
  private final Reports reports;

  /** A cell has 2 to the power of this many bytes. */
  private final int shift;

  private final int bytes;

  /** By cell: the last {@link Record#write}. */
  private final long[] writes;

  /** By cell: the warps that read it since the block met, as bits below the time of the last. */
  private final long[] readers;

  /** By warp and cell: the last {@link Record#read}. */
  private final long[] @Nullable [] reads;

  private final ReadLog log;
  private final ReadLog.Sink noteCells = this::noteCells;

  /** Cells nobody has written in this block. */
  private int unwritten;

  /** Cells that a cp.async is to write. */
  private int inFlight;

  // What was read and written since the block met lies between these offsets.
  private int readLow;
  private int readHigh;
  private int writeLow;
  private int writeHigh;

  // What was read and is no longer in the log.
  private int notedLow;
  private int notedHigh;

  /** Records up to here are of earlier blocks; and up to there, before the block met last. */
  private long unborn;

  private long settled;

  /**
   * A read of what nobody has written. It may turn out to be one half of a race: if another thread
   * writes there before the two meet, that is reported, else this.
   */
  private @Nullable DeviceFault suspicion;

  SharedShadow(int bytes, int cellBytes, int warps, Clocks clocks, Reports reports) {
    this.bytes = bytes;
    this.shift = Integer.numberOfTrailingZeros(cellBytes);
    this.clocks = clocks;
    this.reports = reports;
    int cells = (bytes >>> shift) + 1;
    this.writes = new long[cells];
    this.readers = new long[cells];
    this.reads = new long[warps][];
    this.log = new ReadLog(warps);
  }

  /** Times have been reset. */
  void reset() {
    Arrays.fill(writes, 0);
    Arrays.fill(readers, 0);
    Arrays.fill(reads, null);
  }

  /** A block starts. */
  void restart() {
    unborn = Record.last(clocks.start());
    unwritten = bytes >>> shift;
    if (inFlight != 0) {
      abandonCopies();
    }
    suspicion = null;
    settle();
  }

  /** Copies that nobody waited for end with their block. */
  private void abandonCopies() {
    for (int cell = 0; cell < writes.length; cell++) {
      if (Record.time(writes[cell]) == Clocks.NEVER) {
        writes[cell] = 0;
      }
    }
    inFlight = 0;
  }

  /** Nobody can write any more where somebody read what was not written. */
  void confirm() {
    if (suspicion != null) {
      throw suspicion;
    }
  }

  /**
   * What went wrong first, when something was thrown: a wrong address or an endless loop may come
   * from what was read where nobody had written; that threads miss each other does not.
   */
  Throwable explain(Throwable thrown) {
    return switch (thrown) {
      case DeviceFault.SharedMemoryRace race -> race;
      case DeviceFault.AsyncCopyNotWaited copy -> copy;
      case DeviceFault.BarrierDivergence barrier -> barrier;
      case DeviceFault.Deadlock deadlock -> deadlock;
      default -> suspicion == null ? thrown : suspicion;
    };
  }

  /** All threads of the block have met. */
  void settle() {
    settled = Record.last(clocks.settled());
    log.clear();
    readLow = Integer.MAX_VALUE;
    readHigh = -1;
    writeLow = Integer.MAX_VALUE;
    writeHigh = -1;
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

  /** Whether accesses of this size between these offsets are right; the op refuses others. */
  boolean legal(int low, int high, int bits, int size) {
    return low >= 0 && high <= bytes - size && (bits & (size - 1)) == 0;
  }

  /**
   * Checks and notes an access of {@code size} bytes by each lane in {@code mask}.
   *
   * @param low the lowest offset
   * @param high the highest
   * @param store the op, if it stores: asked for values
   */
  void access(
      Warp w, int mask, int low, int high, int size, AccessSite site, @Nullable Store store) {
    int[] at = log.offsets(w.index());
    int base = log.base(w.index());
    switch (site.kind()) {
      case LOAD, MATRIX_LOAD -> {
        checkRead(w, mask, at, base, low, high + size, size, site);
        noteRead(w, mask, low, high, size, site);
      }
      case STORE, MATRIX_STORE, ASYNC_WRITE ->
          write(w, mask, at, base, low, high + size, size, site, store);
      case ATOMIC -> {
        checkRead(w, mask, at, base, low, high + size, size, site);
        write(w, mask, at, base, low, high + size, size, site, store);
      }
      case ASYNC_READ -> throw new AssertionError("cp.async reads global memory");
    }
  }

  /** A load by all lanes, at addresses that have been looked at. */
  void load(Warp w, LaneAddresses lanes, long offset, int size, AccessSite site) {
    if (!legal(lanes, offset, size)) {
      return;
    }
    int low = (int) (lanes.low() + offset);
    int end = (int) (lanes.high() + offset) + size;
    int index = w.index();
    if (!isQuiet(low, end)) {
      int[] at = log.offsets(index);
      int base = log.base(index);
      ReadLog.place(lanes, (int) offset, at, base);
      checkRead(w, -1, at, base, low, end, size, site);
    }
    readLow = Math.min(readLow, low);
    readHigh = Math.max(readHigh, end);
    if (log.add(index, lanes, (int) offset, size, clocks.now(), site.id())) {
      log.drain(index, noteCells);
    }
  }

  /** A store by all lanes, at addresses that have been looked at. */
  void store(
      Warp w, LaneAddresses lanes, long offset, int size, AccessSite site, @Nullable Store store) {
    if (!legal(lanes, offset, size)) {
      return;
    }
    int low = (int) (lanes.low() + offset);
    int end = (int) (lanes.high() + offset) + size;
    int[] at = log.offsets(w.index());
    int base = log.base(w.index());
    ReadLog.place(lanes, (int) offset, at, base);
    boolean apart = lanes.stride() != LaneAddresses.IRREGULAR && Math.abs(lanes.stride()) >= size;
    checkReads(w, -1, at, base, low, end, size, site, apart ? (int) lanes.stride() : 0);
    if (lanes.stride() != 1L << shift || size != 1 << shift || !storeNeighbours(w, low, site)) {
      noteWrites(w, -1, at, base, size, site, store);
    }
    writeLow = Math.min(writeLow, low);
    writeHigh = Math.max(writeHigh, end);
  }

  /** Writes 32 cells in a row, if the block has met since they were written last. */
  private boolean storeNeighbours(Warp w, int low, AccessSite site) {
    int first = low >>> shift;
    long last = settled;
    long limit = unborn;
    long late = 0;
    int fresh = 0;
    for (int i = 0; i < LANES; i++) {
      long before = writes[first + i];
      late |= last - before;
      fresh += (int) (before - limit - 1 >>> 63);
    }
    if (late < 0) {
      return false;
    }
    long record = Record.write(clocks.now(), w.index(), site);
    for (int i = 0; i < LANES; i++) {
      writes[first + i] = record + i;
    }
    unwritten -= fresh;
    return true;
  }

  private boolean legal(LaneAddresses lanes, long offset, int size) {
    return lanes.low() + offset >= 0
        && lanes.high() + offset <= bytes - size
        && lanes.areMultiples(size, offset);
  }

  /** Whether what lies between may be read by anybody. */
  private boolean isQuiet(int low, int end) {
    return unwritten == 0 && inFlight == 0 && (low >= writeHigh || end <= writeLow);
  }

  // ---- reads

  private void checkRead(
      Warp w, int mask, int[] at, int base, int low, int end, int size, AccessSite site) {
    if (isQuiet(low, end)) {
      return;
    }
    if (mask == -1) {
      boolean fine = true;
      for (int next = 0; next < size && fine; next += 1 << shift) {
        fine = allSettled(at, base, next);
      }
      if (fine) {
        return;
      }
    }
    examineRead(w, mask, at, base, size, site);
  }

  /** Whether 32 cells were all written, before the block met last. Without a branch. */
  private boolean allSettled(int[] at, int base, int next) {
    long first = unborn + 1;
    long last = settled;
    long bad = 0;
    for (int i = 0; i < LANES; i++) {
      long write = writes[(at[base + i] + next) >>> shift];
      bad |= (write - first) | (last - write);
    }
    return bad >= 0;
  }

  private void examineRead(Warp w, int mask, int[] at, int base, int size, AccessSite site) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = at[base + lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long write = writes[cell];
        if (write <= unborn) {
          if (suspicion == null) {
            suspicion = reports.uninitializedShared(w, lane, site, offset, size, this::isWritten);
          }
        } else if (write > settled) {
          checkOrder(w, lane, offset, size, write, site);
        }
      }
    }
  }

  private boolean isWritten(long offset) {
    return writes[(int) (offset >>> shift)] > unborn;
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
    if (clocks.ordered(other, Record.time(write), w.index(), lane) || excused(write, site)) {
      return;
    }
    if ((write & Record.ASYNC) != 0) {
      throw reports.copyNotShared(w, lane, site, offset, size, other, writer);
    }
    throw reports.race(w, lane, site, offset, size, other, writer);
  }

  private static boolean excused(long write, AccessSite site) {
    boolean atomic = (write & Record.ATOMIC) != 0;
    return atomic && (site.atomic() || site.isVolatile())
        || site.atomic() && (write & Record.VOLATILE) != 0;
  }

  private void noteRead(Warp w, int mask, int low, int high, int size, AccessSite site) {
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

  private void write(
      Warp w,
      int mask,
      int[] at,
      int base,
      int low,
      int end,
      int size,
      AccessSite site,
      @Nullable Store store) {
    checkReads(w, mask, at, base, low, end, size, site, 0);
    noteWrites(w, mask, at, base, size, site, store);
    writeLow = Math.min(writeLow, low);
    writeHigh = Math.max(writeHigh, end);
  }

  /**
   * Whether somebody read what is about to be written.
   *
   * @param stride as {@link ReadLog#mayConflict}
   */
  private void checkReads(
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

  private void noteWrites(
      Warp w, int mask, int[] at, int base, int size, AccessSite site, @Nullable Store store) {
    boolean later = site.kind() == Access.Kind.ASYNC_WRITE;
    long record =
        later
            ? Record.write(Clocks.NEVER, w.index(), site) | Record.ASYNC
            : Record.write(clocks.now(), w.index(), site);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = at[base + lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long before = writes[cell];
        if (before > settled
            && !(store != null && sameAgain(w, lane, offset, size, before, site, store))) {
          checkOrder(w, lane, offset, size, before, site);
        }
        if (before <= unborn) {
          unwritten--;
        }
        writes[cell] = record + lane;
        inFlight += later ? 1 : 0;
      }
    }
  }

  /**
   * Whether what is written is what was written there last, so that the order of the two makes no
   * difference: threads past the end of the data that all take its last element, for example.
   */
  private boolean sameAgain(
      Warp w, int lane, int offset, int size, long before, AccessSite site, Store store) {
    if (Record.time(before) == Clocks.NEVER || (before & (Record.ASYNC | Record.ATOMIC)) != 0) {
      return false;
    }
    MemorySegment mine = MemorySegment.ofArray(new byte[size]);
    store.put(w, lane, mine, 0);
    int other = Record.thread(before);
    if (Record.writeSite(before) == site.id()
        && Record.time(before) == clocks.now()
        && other >>> 5 == w.index()
        && (other & 31) < lane) {
      // An earlier lane of this very execution, which memory does not show yet.
      MemorySegment its = MemorySegment.ofArray(new byte[size]);
      store.put(w, other & 31, its, 0);
      return mine.mismatch(its) < 0;
    }
    return mine.mismatch(w.shared().segment().asSlice(offset, size)) < 0;
  }

  private void checkReaders(Warp w, int mask, int[] at, int base, int size, AccessSite site) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int offset = at[base + lane];
      for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
        long state = readers[cell];
        if (state > settled) {
          for (int warps = (int) state; warps != 0; warps &= warps - 1) {
            checkReader(w, lane, offset, size, site, Integer.numberOfTrailingZeros(warps), cell);
          }
        }
      }
    }
  }

  private void checkReader(
      Warp w, int lane, int offset, int size, AccessSite site, int warp, int cell) {
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
        || before != null && before.atomic() && (site.atomic() || site.isVolatile())
        || before != null && before.isVolatile() && site.atomic()) {
      return;
    }
    if (site.kind() == Access.Kind.ASYNC_WRITE && writes[cell] <= unborn) {
      throw reports.copyReadBefore(w, lane, offset, size, other, before);
    }
    throw reports.race(w, lane, site, offset, size, other, before);
  }

  /** A lane has waited for a copy of its own: to it, the bytes are written now. */
  void copied(Warp w, int lane, int offset, int size) {
    int thread = w.index() * LANES + lane;
    for (int cell = offset >>> shift; cell <= (offset + size - 1) >>> shift; cell++) {
      long record = writes[cell];
      if (Record.time(record) == Clocks.NEVER && Record.thread(record) == thread) {
        writes[cell] = record - Record.at(Clocks.NEVER) + Record.at(clocks.now());
        inFlight--;
      }
    }
    writeLow = Math.min(writeLow, offset);
    writeHigh = Math.max(writeHigh, offset + size);
  }
}
