package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;

/** An access to local memory, which each thread finds uninitialised. */
final class LocalCheck implements Check {
  private final Address address;
  private final int bytes;
  private final AccessSite site;

  LocalCheck(Access access, AccessSite site) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
  }

  @Override
  public void check(Warp w, int mask) {
    long[] values = address.values(w);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      lane(w, lane, values[lane] + address.offset());
    }
  }

  /**
   * One lane.
   *
   * @param at its address in local memory
   */
  void lane(Warp w, int lane, long at) {
    BlockShadow shadow = BlockShadow.of(w);
    if (at < 0 || at > shadow.localBytes - bytes) {
      return;
    }
    LocalShadow local = shadow.local;
    long start = local.start(w, lane);
    if (site.reads() && !local.has(start + at, bytes)) {
      local.read(w, lane, site, at, bytes);
    }
    if (site.writes()) {
      local.write(start + at, bytes, shadow.gaps, lane);
    }
  }
}
