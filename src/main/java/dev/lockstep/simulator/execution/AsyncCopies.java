package dev.lockstep.simulator.execution;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The {@code cp.async} copies of a warp that have been asked for and not waited for. The bytes move
 * when a thread waits for them and not before, and until then their destination holds a pattern
 * that is NaN in every float type: a kernel that forgets to wait computes garbage here, every time.
 *
 * <p>Commit groups belong to threads: a copy carries the number of the group each of its lanes put
 * it in.
 */
public final class AsyncCopies {
  private static final byte POISON = (byte) 0xff;

  private final Warp warp;

  /** Groups each lane has committed. */
  private final int[] committed = new int[Warp.LANES];

  /** Whether {@link #committed} is the same for all lanes. */
  private boolean together = true;

  private Copy[] pending = new Copy[0];
  private int count;

  /** One cp.async of the warp. */
  private static final class Copy {
    final long[] to = new long[Warp.LANES];
    final long[] from = new long[Warp.LANES];
    final int[] bytes = new int[Warp.LANES];
    final int[] group = new int[Warp.LANES];
    final MemorySegment[] source = new MemorySegment[Warp.LANES];
    int lanes;
    int size;

    /** What all lanes copy from, 16 bytes each, all in one group; null when lanes differ. */
    @Nullable MemorySegment common;
  }

  AsyncCopies(Warp warp) {
    this.warp = warp;
  }

  void reset() {
    count = 0;
    together = true;
    Arrays.fill(committed, 0);
  }

  /** Begins a copy of up to 32 lanes, of {@code size} bytes each, which follow by {@link #add}. */
  public void begin(int size) {
    Copy copy = next(size);
    copy.lanes = 0;
    copy.common = null;
  }

  /**
   * Adds a lane to the copy begun last.
   *
   * @param to offset in shared memory, checked
   * @param source where the bytes come from; unused when {@code bytes} is 0
   * @param from offset in it, checked
   * @param bytes how many to copy; the rest of the size becomes zero
   */
  public void add(int lane, long to, MemorySegment source, long from, int bytes) {
    Copy copy = pending[count - 1];
    copy.lanes |= 1 << lane;
    copy.to[lane] = to;
    copy.source[lane] = source;
    copy.from[lane] = from;
    copy.bytes[lane] = bytes;
    copy.group[lane] = committed[lane];
    warp.shared().segment().asSlice(to, copy.size).fill(POISON);
  }

  /** Whether {@link #addAll} may be used: the lanes have committed alike so far. */
  public boolean together() {
    return together;
  }

  /**
   * A copy of 16 bytes in each of the 32 lanes, all checked.
   *
   * @param to plus {@code toShift}: offsets in shared memory
   * @param from plus {@code fromShift}: offsets in {@code source}
   */
  public void addAll(long[] to, long toShift, MemorySegment source, long[] from, long fromShift) {
    Copy copy = next(16);
    copy.lanes = -1;
    copy.common = source;
    copy.group[0] = committed[0];
    MemorySegment shared = warp.shared().segment();
    for (int i = 0; i < Warp.LANES; i++) {
      copy.from[i] = from[i] + fromShift;
      copy.to[i] = to[i] + toShift;
    }
    for (int i = 0; i < Warp.LANES; i++) {
      shared.set(ValueLayout.JAVA_LONG_UNALIGNED, copy.to[i], -1L);
      shared.set(ValueLayout.JAVA_LONG_UNALIGNED, copy.to[i] + 8, -1L);
    }
  }

  private Copy next(int size) {
    if (count == pending.length) {
      pending = Arrays.copyOf(pending, Math.max(16, 2 * count));
      for (int i = count; i < pending.length; i++) {
        pending[i] = new Copy();
      }
    }
    Copy copy = pending[count++];
    copy.size = size;
    return copy;
  }

  /** {@code cp.async.commit_group}: what the active lanes began since the last is a group. */
  public void commit() {
    together &= warp.mask == warp.alive;
    for (int rest = warp.mask; rest != 0; rest &= rest - 1) {
      committed[Integer.numberOfTrailingZeros(rest)]++;
    }
  }

  /** {@code cp.async.wait_group n}: all groups but the last {@code n} are there. */
  public void waitFor(int n) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Copy copy = pending[i];
      if (copy.common != null && together && warp.full) {
        if (copy.group[0] < committed[0] - n) {
          performAll(copy, copy.common);
          copy.lanes = 0;
        }
      } else {
        separate(copy);
        performLanes(copy, n);
      }
      if (copy.lanes != 0) {
        pending[i] = pending[kept];
        pending[kept++] = copy;
      }
    }
    count = kept;
  }

  /** {@code cp.async.wait_all}: commits and waits for everything. */
  public void waitForAll() {
    commit();
    waitFor(0);
  }

  /** Makes a copy of all lanes one of many: they no longer go the same way. */
  private static void separate(Copy copy) {
    if (copy.common != null) {
      Arrays.fill(copy.source, copy.common);
      Arrays.fill(copy.bytes, copy.size);
      Arrays.fill(copy.group, copy.group[0]);
      copy.common = null;
    }
  }

  private void performLanes(Copy copy, int n) {
    for (int rest = copy.lanes & warp.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (copy.group[lane] < committed[lane] - n) {
        perform(copy, lane);
        copy.lanes &= ~(1 << lane);
      }
    }
  }

  private void performAll(Copy copy, MemorySegment source) {
    MemorySegment target = warp.shared().segment();
    for (int i = 0; i < Warp.LANES; i++) {
      long from = copy.from[i];
      long to = copy.to[i];
      long low = source.get(ValueLayout.JAVA_LONG_UNALIGNED, from);
      long high = source.get(ValueLayout.JAVA_LONG_UNALIGNED, from + 8);
      target.set(ValueLayout.JAVA_LONG_UNALIGNED, to, low);
      target.set(ValueLayout.JAVA_LONG_UNALIGNED, to + 8, high);
    }
    BlockObserver observer = warp.observer;
    if (observer != null) {
      for (int i = 0; i < Warp.LANES; i++) {
        observer.copied(warp, i, copy.to[i], copy.size);
      }
    }
  }

  private void perform(Copy copy, int lane) {
    MemorySegment target = warp.shared().segment();
    long to = copy.to[lane];
    int bytes = copy.bytes[lane];
    if (bytes > 0) {
      MemorySegment.copy(copy.source[lane], copy.from[lane], target, to, bytes);
    }
    if (bytes < copy.size) {
      target.asSlice(to + bytes, copy.size - bytes).fill((byte) 0);
    }
    BlockObserver observer = warp.observer;
    if (observer != null) {
      observer.copied(warp, lane, to, copy.size);
    }
  }
}
