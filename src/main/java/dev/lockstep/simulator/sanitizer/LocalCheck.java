package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;

/** An access to local memory, which each thread finds uninitialised. */
final class LocalCheck implements Check {
  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final Need need;

  LocalCheck(Access access, AccessSite site, Need need) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.need = need;
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
    long start = ((long) w.index() * Warp.LANES + lane) * shadow.localBytes;
    if (site.reads() && !shadow.local.has(start + at, bytes)) {
      long missing = shadow.local.missing(start + at, bytes);
      if (need.misses(missing, at, bytes, i -> i >= 0 && shadow.local.has(start + i))) {
        throw Reports.uninitialized(
            w, lane, site, "local memory", 0, at, bytes, i -> shadow.local.has(start + i));
      }
      shadow.gaps.loads(lane, (missing & need.carried()) << need.shift());
    }
    if (site.writes()) {
      shadow.local.set(start + at, bytes);
      long gap = shadow.gaps.stored(lane);
      if (gap != 0) {
        shadow.local.unset(start + at, gap);
      }
    }
  }
}
