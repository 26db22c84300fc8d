package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * {@code cp.async}: asks for a copy from global to shared memory. Its places are checked now, so
 * that a fault names this instruction; the bytes move when a thread waits for them.
 */
public final class AsyncCopyOp extends Op implements MemoryOp {
  private final Address to;
  private final Address from;
  private final int size;
  private final int sourceSize;

  /**
   * @param size bytes written per lane: 4, 8 or 16
   * @param sourceSize int register with the bytes read, the rest being zero; or −1 for all
   */
  public AsyncCopyOp(Address to, Address from, int size, int sourceSize) {
    this.to = to;
    this.from = from;
    this.size = size;
    this.sourceSize = sourceSize;
  }

  @Override
  public void execute(Warp w) {
    long[] sources = from.values(w);
    long[] targets = to.values(w);
    if (w.full && size == 16 && w.copies.together() && whole(w, sources, targets)) {
      return;
    }
    w.copies.begin(size);
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int bytes = sourceBytes(w, lane);
      long target = to.locate(w, lane, targets[lane], size, "async copy");
      long source = 0;
      MemorySegment segment = MemorySegment.NULL;
      if (bytes > 0) {
        source = from.locate(w, lane, sources[lane], size, "async copy", bytes);
        segment = w.located();
      }
      w.copies.add(lane, target, segment, source, bytes);
    }
  }

  /** Those of the active lanes that read at all, and do not only fill with zeroes. */
  public int reading(Warp w) {
    int lanes = w.mask;
    if (sourceSize >= 0) {
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        lanes &= w.ints[sourceSize][lane] > 0 ? -1 : ~(1 << lane);
      }
    }
    return lanes;
  }

  @Override
  public List<Access> accesses() {
    return List.of(
        new Access(Access.Kind.ASYNC_READ, from, size),
        new Access(Access.Kind.ASYNC_WRITE, to, size));
  }

  /** How many bytes a lane reads. */
  public int sourceBytes(Warp w, int lane) {
    return sourceSize < 0 ? size : Math.clamp(w.ints[sourceSize][lane], 0, size);
  }

  /** Whether all lanes copy all 16 bytes within one allocation, which is then noted at once. */
  private boolean whole(Warp w, long[] sources, long[] targets) {
    if (sourceSize >= 0 && !allWhole(w.ints[sourceSize])) {
      return false;
    }
    Region target = to.region(w, targets, size);
    if (target == null) {
      return false;
    }
    Region source = from.region(w, sources, size);
    if (source == null) {
      return false;
    }
    w.copies.addAll(targets, to.shift(target), source.segment(), sources, from.shift(source));
    return true;
  }

  private static boolean allWhole(int[] sizes) {
    int difference = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      difference |= sizes[i] ^ 16;
    }
    return difference == 0;
  }

  /** {@code cp.async.commit_group}. */
  public static final class Commit extends Op {
    @Override
    public void execute(Warp w) {
      w.copies.commit();
    }
  }

  /** {@code cp.async.wait_group n}. */
  public static final class Wait extends Op {
    private final int pending;

    public Wait(int pending) {
      this.pending = pending;
    }

    @Override
    public void execute(Warp w) {
      w.copies.waitFor(pending);
    }
  }

  /** {@code cp.async.wait_all}. */
  public static final class WaitAll extends Op {
    @Override
    public void execute(Warp w) {
      w.copies.waitForAll();
    }
  }
}
