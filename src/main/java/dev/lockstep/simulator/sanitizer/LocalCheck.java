package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;

/** An access to local memory, which each thread finds uninitialised. */
final class LocalCheck implements Check {
  /** What becomes of what a load reads. */
  enum Use {
    /** Anything. */
    ALL,
    /** It is stored somewhere, and is without a value there if it has none here; or not chosen. */
    CARRIED,
    /** Nothing that depends on it. */
    NONE
  }

  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final Use use;

  LocalCheck(Access access, AccessSite site, Use use) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.use = use;
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
    if (site.reads() && use != Use.NONE && !shadow.local.has(start + at, bytes)) {
      if (use == Use.ALL) {
        throw Reports.uninitialized(
            w, lane, site, "local memory", 0, at, bytes, i -> shadow.local.has(start + i));
      }
      shadow.gaps.loads(lane, shadow.local.missing(start + at, bytes));
    }
    if (site.writes()) {
      shadow.local.set(start + at, bytes);
      shadow.local.unset(start + at, shadow.gaps.stored(lane));
    }
  }
}
