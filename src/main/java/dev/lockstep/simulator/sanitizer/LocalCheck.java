package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;

/** An access to local memory, which each thread finds uninitialised. */
final class LocalCheck implements Check {
  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final boolean reads;
  private final boolean writes;

  LocalCheck(Access access, AccessSite site) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.reads = site.reads();
    this.writes = site.writes();
  }

  @Override
  public void check(Warp w, int mask) {
    check(w, mask, address.values(w), address.offset());
  }

  @Override
  public void check(Warp w, LaneAddresses lanes) {
    if (lanes.stride() == 0) {
      together(w, -1, lanes.first() + address.offset());
    } else {
      apart(w, -1, lanes.values(), address.offset());
    }
  }

  /**
   * Of some lanes, at least one.
   *
   * @param shift what is missing from the values to be addresses in local memory
   */
  void check(Warp w, int mask, long[] values, long shift) {
    if (areTogether(values, mask)) {
      together(w, mask, values[Integer.numberOfTrailingZeros(mask)] + shift);
    } else {
      apart(w, mask, values, shift);
    }
  }

  private static boolean areTogether(long[] values, int mask) {
    long first = values[Integer.numberOfTrailingZeros(mask)];
    int same = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      same |= (values[i] == first ? 1 : 0) << i;
    }
    return (mask & ~same) == 0;
  }

  /** Of lanes each at an address of its own. */
  private void apart(Warp w, int mask, long[] values, long shift) {
    BlockShadow shadow = BlockShadow.of(w);
    LocalShadow local = shadow.local;
    long last = shadow.localBytes - bytes;
    int lanes = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long at = values[i] + shift;
      lanes |= (at | last - at) >= 0 ? 1 << i : 0;
    }
    lanes &= mask;
    int missing = local.missing(w, lanes, values, shift, bytes);
    for (int rest = reads ? missing : 0; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      local.read(w, lane, site, values[lane] + shift, bytes);
    }
    if (writes) {
      // Most was written before, which needs no note.
      for (int rest = local.knowsGaps(shadow.gaps) ? lanes : missing; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        local.write(w, 1 << lane, values[lane] + shift, bytes, shadow.gaps);
      }
    }
  }

  /** Of lanes that access the same address in their memories. */
  private void together(Warp w, int lanes, long at) {
    BlockShadow shadow = BlockShadow.of(w);
    if (at < 0 || at > shadow.localBytes - bytes) {
      return;
    }
    LocalShadow local = shadow.local;
    int missing = reads ? local.missing(w, lanes, at, bytes) : 0;
    for (int rest = missing; rest != 0; rest &= rest - 1) {
      local.read(w, Integer.numberOfTrailingZeros(rest), site, at, bytes);
    }
    if (writes) {
      local.write(w, lanes, at, bytes, shadow.gaps);
    }
  }
}
