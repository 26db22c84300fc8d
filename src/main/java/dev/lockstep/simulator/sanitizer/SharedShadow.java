package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
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
    this.writes = new SharedWrites(bytes, shift, clocks, handover, reports, unset);
    this.reads = new SharedReads(bytes, shift, warps, clocks, handover, reports, writes);
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

  /** Where an access is to put the offsets of its lanes, from {@link #base} on. */
  int[] offsets(Warp w) {
    return reads.offsets(w);
  }

  int base(Warp w) {
    return reads.base(w);
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
    int[] at = reads.offsets(w);
    int base = reads.base(w);
    int end = high + size;
    switch (site.kind()) {
      case LOAD, MATRIX_LOAD -> {
        writes.checkRead(w, mask, at, base, low, end, size, site);
        reads.note(w, mask, low, high, size, site);
      }
      case STORE, MATRIX_STORE, ASYNC_WRITE, ATOMIC -> {
        if (site.reads()) {
          writes.checkRead(w, mask, at, base, low, end, size, site);
        }
        write(w, mask, at, base, low, end, size, site, store);
        writes.wrote(low, end);
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
    if (!writes.isQuiet(low, end) && !writes.areSettled(lanes, (int) offset, size)) {
      int[] at = reads.offsets(w);
      int base = reads.base(w);
      ReadLog.place(lanes, (int) offset, at, base);
      writes.checkRead(w, -1, at, base, low, end, size, site);
    }
    reads.note(w, lanes, (int) offset, size, site);
  }

  /** A store by all lanes, at addresses that have been looked at. */
  void store(
      Warp w, LaneAddresses lanes, long offset, int size, AccessSite site, @Nullable Store store) {
    if (!legal(lanes, offset, size)) {
      return;
    }
    int low = (int) (lanes.low() + offset);
    int end = (int) (lanes.high() + offset) + size;
    boolean row = lanes.stride() == size && gaps.storing() == 0 && !reads.mayHave(low, end);
    if (!row || !writes.storeRow(w, (int) (lanes.first() + offset), size, site)) {
      int[] at = reads.offsets(w);
      int base = reads.base(w);
      ReadLog.place(lanes, (int) offset, at, base);
      write(w, -1, at, base, low, end, size, site, store);
    }
    writes.wrote(low, end);
  }

  private boolean legal(LaneAddresses lanes, long offset, int size) {
    return lanes.low() + offset >= 0
        && lanes.high() + offset <= bytes - size
        && lanes.areMultiples(size, offset);
  }

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
    if (reads.mayHave(low, end)) {
      reads.check(w, mask, at, base, low, end, size, site, store);
    }
    writes.note(w, mask, at, base, size, site, store, gaps.storing() == 0 ? null : gaps);
  }

  /** A lane has waited for a copy of its own: to it, the bytes are written now. */
  void copied(Warp w, int lane, int offset, int size) {
    writes.copied(w, lane, offset, size);
  }
}
