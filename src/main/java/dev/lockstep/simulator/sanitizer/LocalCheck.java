package dev.lockstep.simulator.sanitizer;

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

  /**
   * @param passesOn whether it may read what nobody wrote, as what it reads is only handed on
   */
  LocalCheck(Access access, AccessSite site, boolean passesOn) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.reads = site.reads() && !passesOn;
    this.writes = site.writes();
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
    if (reads && !shadow.local.has(start + at, bytes)) {
      throw Reports.uninitialized(
          w, lane, site, "local memory", 0, at, bytes, i -> shadow.local.has(start + i));
    }
    if (writes) {
      shadow.local.set(start + at, bytes);
    }
  }
}
