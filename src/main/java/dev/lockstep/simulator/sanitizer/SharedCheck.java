package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.Store;
import org.jspecify.annotations.Nullable;

/** An access to shared memory by its own addresses. */
final class SharedCheck implements Check {
  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final @Nullable Store store;

  /**
   * @param store the op, if it is one
   */
  SharedCheck(Access access, AccessSite site, @Nullable Store store) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.store = store;
  }

  @Override
  public void check(Warp w, int mask) {
    BlockShadow shadow = BlockShadow.of(w);
    SharedShadow shared = shadow.shared;
    if (shared == null) {
      return;
    }
    int[] at = shared.offsets(w);
    int base = shared.base(w);
    place(w, at, base);
    shadow.touch(w);
    if (site.isStrong()) {
      shadow.handOver(w, mask, address.values(w), address.offset() + Windows.SHARED, site);
    }
    check(w, shared, mask, at, base, bytes, site, store);
  }

  @Override
  public void check(Warp w, LaneAddresses lanes) {
    BlockShadow shadow = BlockShadow.of(w);
    SharedShadow shared = shadow.shared;
    if (shared == null) {
      return;
    }
    shadow.touch(w);
    if (site.isStrong()) {
      shadow.handOver(w, -1, lanes.values(), address.offset() + Windows.SHARED, site);
    }
    if (site.writes()) {
      shared.store(w, lanes, address.offset(), bytes, site, store);
    } else {
      shared.load(w, lanes, address.offset(), bytes, site);
    }
  }

  /** All lanes' offsets, cut to 32 bits: the op itself refuses what does not fit. */
  private void place(Warp w, int[] at, int base) {
    if (address.wide()) {
      long[] values = w.longs[address.register()];
      long offset = address.offset();
      for (int i = 0; i < Warp.LANES; i++) {
        at[base + i] = (int) (values[i] + offset);
      }
    } else {
      int[] values = w.ints[address.register()];
      int offset = (int) address.offset();
      for (int i = 0; i < Warp.LANES; i++) {
        at[base + i] = values[i] + offset;
      }
    }
  }

  /** Checks an access whose offsets have been placed. */
  static void check(
      Warp w,
      SharedShadow shared,
      int mask,
      int[] at,
      int base,
      int bytes,
      AccessSite site,
      @Nullable Store store) {
    int low = Integer.MAX_VALUE;
    int high = Integer.MIN_VALUE;
    int bits = 0;
    if (mask == -1) {
      for (int i = 0; i < Warp.LANES; i++) {
        low = Math.min(low, at[base + i]);
        high = Math.max(high, at[base + i]);
        bits |= at[base + i];
      }
    } else {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int offset = at[base + Integer.numberOfTrailingZeros(rest)];
        low = Math.min(low, offset);
        high = Math.max(high, offset);
        bits |= offset;
      }
    }
    if (mask != 0 && shared.legal(low, high, bits, bytes)) {
      shared.access(w, mask, low, high, bytes, site, store);
    }
  }
}
