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

  /**
   * Of some lanes, at least one.
   *
   * @param shift what is missing from the values to be addresses in local memory
   */
  void check(Warp w, int mask, long[] values, long shift) {
    int together = together(values, mask);
    check(w, together, values[Integer.numberOfTrailingZeros(mask)] + shift);
    for (int rest = mask & ~together; rest != 0; rest &= rest - 1) {
      check(w, Integer.lowestOneBit(rest), values[Integer.numberOfTrailingZeros(rest)] + shift);
    }
  }

  /** Those of some lanes that have what the first of them has. */
  private static int together(long[] values, int mask) {
    long first = values[Integer.numberOfTrailingZeros(mask)];
    int same = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      same |= (values[i] == first ? 1 : 0) << i;
    }
    return same & mask;
  }

  /** Of lanes that access the same address in their memories. */
  private void check(Warp w, int lanes, long at) {
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
