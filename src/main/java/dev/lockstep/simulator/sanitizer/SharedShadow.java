package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Store;
import org.jspecify.annotations.Nullable;

/**
 * A block's shared memory: {@link SharedWrites} knows who last wrote what, {@link SharedReads} who
 * read it since. Both keep that by cell, which stands for as many bytes as the kernel's smallest
 * access has, so that every access covers whole cells.
 *
 * <p>Most accesses are settled by a few comparisons: cells written before the last barrier of the
 * whole block may be read by anybody, and what nobody has read since then may be written. Only what
 * is left over asks the {@link Clocks}.
 */
final class SharedShadow {
  private final int bytes;
  private final SharedWrites writes;
  private final SharedReads reads;
  private final Gaps gaps;
  private final CellMarks marks;

  /** Of the access that is looked at. */
  private final LaneOffsets offsets = new LaneOffsets();

  SharedShadow(
      int bytes,
      int cellBytes,
      int warps,
      Clocks clocks,
      Handover handover,
      Gaps gaps,
      UnsetReads unset,
      Reports reports) {
    int shift = Integer.numberOfTrailingZeros(cellBytes);
    this.bytes = bytes;
    this.gaps = gaps;
    this.writes = new SharedWrites(bytes, shift, warps, clocks, handover, reports, unset);
    this.marks = new CellMarks(bytes, shift);
    this.reads = new SharedReads(bytes, shift, warps, marks, clocks, handover, reports, writes);
  }

  /** Times have been reset. */
  void reset() {
    writes.reset();
    reads.reset();
  }

  /** A block starts. */
  void restart() {
    writes.restart();
    settle();
  }

  /** All threads of the block have met. */
  void settle() {
    writes.settle();
    reads.settle();
  }

  /** Where the lanes of the next access are to be put. */
  LaneOffsets offsets() {
    return offsets;
  }

  /**
   * Checks and notes the access whose lanes have been put into {@link #offsets}.
   *
   * @param store the op, if it stores: asked for values
   */
  void access(Warp w, AccessSite site, @Nullable Store store) {
    if (!offsets.areLegal(bytes)) {
      return;
    }
    if (site.reads()) {
      writes.checkRead(w, offsets, site);
    }
    if (site.writes()) {
      write(w, site, store);
    } else {
      reads.note(w, offsets, site);
    }
  }

  /** A load by all lanes, at addresses that have been looked at. */
  void load(Warp w, LaneAddresses lanes, long offset, int size, AccessSite site) {
    if (!ReadLog.isStepped(lanes)) {
      offsets.place(lanes.values(), offset, -1, size);
      access(w, site, null);
      return;
    }
    if (!areLegal(lanes, offset, size)) {
      return;
    }
    int low = (int) (lanes.low() + offset);
    int end = (int) (lanes.high() + offset) + size;
    if (!writes.isQuiet(low, end) && !writes.areSettled(lanes, (int) offset, size)) {
      offsets.place(lanes.values(), offset, -1, size);
      writes.checkRead(w, offsets, site);
    }
    reads.note(w, lanes, (int) offset, size, site);
  }

  /** A store by all lanes, at addresses that have been looked at. */
  void store(
      Warp w, LaneAddresses lanes, long offset, int size, AccessSite site, @Nullable Store store) {
    if (lanes.stride() == size && areLegal(lanes, offset, size) && gaps.storing() == 0) {
      int low = (int) (lanes.low() + offset);
      int end = (int) (lanes.high() + offset) + size;
      if (!reads.mayHave(low, end) && writes.storeRow(w, low, size, site)) {
        writes.wrote(w, low, end);
        return;
      }
    }
    offsets.place(lanes.values(), offset, -1, size);
    access(w, site, store);
  }

  private boolean areLegal(LaneAddresses lanes, long offset, int size) {
    return lanes.low() + offset >= 0
        && lanes.high() + offset <= bytes - size
        && lanes.areMultiples(size, offset);
  }

  private void write(Warp w, AccessSite site, @Nullable Store store) {
    // Lanes that update one cell do so one after the other.
    boolean apart = site.kind() == Access.Kind.ATOMIC || offsets.areApart() || marks.mark(offsets);
    if (reads.mayHave(offsets.low(), offsets.end())) {
      reads.check(w, offsets, site, store);
    }
    writes.note(w, offsets, apart, site, store, gaps.storing() == 0 ? null : gaps);
    writes.wrote(w, offsets.low(), offsets.end());
  }

  /** A lane has waited for a copy of its own: to it, the bytes are written now. */
  void copied(Warp w, int lane, int offset, int size) {
    writes.copied(w, lane, offset, size);
  }
}
