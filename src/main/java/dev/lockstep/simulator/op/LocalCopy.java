package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Copies a parameter or result from one frame in local memory to another. */
public final class LocalCopy extends Op implements MemoryOp {
  private final Address from;
  private final Address to;
  private final int bytes;
  private final int alignment;

  /**
   * @param alignment of both places
   */
  public LocalCopy(Address from, Address to, int bytes, int alignment) {
    this.from = from;
    this.to = to;
    this.bytes = bytes;
    this.alignment = alignment;
  }

  @Override
  public void execute(Warp w) {
    long[] sources = from.values(w);
    long[] targets = to.values(w);
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long source = from.locate(w, lane, sources[lane], 1, "load", bytes);
      MemorySegment local = w.located();
      long target = to.locate(w, lane, targets[lane], 1, "store", bytes);
      MemorySegment.copy(local, source, local, target, bytes);
    }
  }

  /** The place that is copied. */
  public Address from() {
    return from;
  }

  /** The place of the copy. */
  public Address to() {
    return to;
  }

  /** How much is copied. */
  public int bytes() {
    return bytes;
  }

  /** Only the writing: what it copies may have padding that nobody wrote. */
  @Override
  public List<Access> accesses() {
    List<Access> accesses = new ArrayList<>();
    int size = Integer.min(alignment, 16);
    for (int at = 0; at < bytes; at += size) {
      while (size > bytes - at) {
        size >>= 1;
      }
      accesses.add(new Access(Access.Kind.STORE, to.plus(at), size));
    }
    return accesses;
  }
}
