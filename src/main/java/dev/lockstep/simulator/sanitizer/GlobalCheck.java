package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.InitializedBytes;
import dev.lockstep.simulator.memory.Region;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.AsyncCopyOp;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** An access to global memory: what is read must have been written. */
final class GlobalCheck implements Check {
  private static final int LANES = Warp.LANES;

  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final boolean reads;
  private final boolean writes;

  /** The op, if it may read fewer bytes than it says. */
  private final @Nullable AsyncCopyOp copy;

  GlobalCheck(Access access, AccessSite site, @Nullable AsyncCopyOp copy) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.copy = copy;
    this.reads = site.reads();
    this.writes = site.writes();
  }

  @Override
  public void check(Warp w, int mask) {
    long[] values = address.values(w);
    if (site.isStrong()) {
      BlockShadow.of(w).handOver(w, mask, values, address.offset(), site);
    }
    if (mask == -1 && !leavesGaps(w) && whole(w, values)) {
      return;
    }
    each(w, mask, values);
  }

  private boolean leavesGaps(Warp w) {
    return writes && BlockShadow.of(w).gaps.storing() != 0;
  }

  private void each(Warp w, int mask, long[] values) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      lane(w, lane, values[lane] + address.offset());
    }
  }

  @Override
  public void check(Warp w, LaneAddresses lanes) {
    long offset = address.offset();
    if (site.isStrong()) {
      BlockShadow.of(w).handOver(w, -1, lanes.values(), offset, site);
    }
    Region region = address.allocation(w, lanes.low() + offset, bytes);
    if (region == null || !region.contains(lanes.high() + offset, bytes) || leavesGaps(w)) {
      each(w, -1, lanes.values());
      return;
    }
    InitializedBytes known = region.initialized();
    if (known == null || known.complete()) {
      return;
    }
    long shift = offset - region.start();
    long from = lanes.low() + shift;
    long count = lanes.high() + shift + bytes - from;
    boolean solid = lanes.stride() == bytes;
    if (reads && !known.has(from, count)) {
      if (solid || !gathered(known, lanes.values(), shift)) {
        each(w, -1, lanes.values());
      }
    } else if (writes) {
      if (solid) {
        known.set(from, count);
      } else {
        gathered(known, lanes.values(), shift);
      }
    }
  }

  /** Whether all lanes are in one allocation, and right. */
  private boolean whole(Warp w, long[] values) {
    long offset = address.offset();
    Region region = address.allocation(w, values[0] + offset, bytes);
    if (region == null) {
      return false;
    }
    InitializedBytes known = region.initialized();
    long shift = offset - region.start();
    if (bytes <= 16 && Address.neighbours(values, bytes)) {
      if (!region.contains(values[LANES - 1] + offset, bytes)) {
        return false;
      }
      if (known == null || known.complete()) {
        return true;
      }
      long from = values[0] + shift;
      if (reads && !known.has(from, (long) bytes * LANES)) {
        return false;
      }
      if (writes) {
        known.set(from, (long) bytes * LANES);
      }
      return true;
    }
    if (!Address.inside(values, shift, region.bytes() - bytes, 0)) {
      return false;
    }
    return known == null || known.complete() || gathered(known, values, shift);
  }

  private boolean gathered(InitializedBytes known, long[] values, long shift) {
    for (int i = 0; i < LANES; i++) {
      if (reads && !known.has(values[i] + shift, bytes)) {
        return false;
      }
      if (writes) {
        known.set(values[i] + shift, bytes);
      }
    }
    return true;
  }

  /** One lane; an address where nothing is, is the op's to refuse. */
  void lane(Warp w, int lane, long at) {
    int size = copy == null ? bytes : copy.sourceBytes(w, lane);
    Region region = address.allocation(w, at, size);
    InitializedBytes known = region == null ? null : region.initialized();
    if (region == null || known == null) {
      return;
    }
    long offset = at - region.start();
    if (reads && !known.has(offset, size)) {
      BlockShadow.of(w).reads.read(w, lane, site, new Allocation(region, known), offset, size);
    }
    if (writes) {
      known.set(offset, size);
      long gap = BlockShadow.of(w).gaps.leave(lane, at, size);
      if (gap != 0) {
        known.unset(offset, gap);
      }
    }
  }

  /** An allocation of which something is read. */
  private record Allocation(Region region, InitializedBytes known) implements UnsetReads.Memory {
    @Override
    public String what(AccessSite site, long at, int size, LongPredicate written) {
      return Reports.memory(site, region.description(), region.start(), at, size, written);
    }

    @Override
    public long start() {
      return region.start();
    }

    @Override
    public boolean isWritten(long at) {
      return at >= 0 && known.has(at);
    }
  }
}
