package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Store;
import org.jspecify.annotations.Nullable;

/** An access by generic addresses: sent where each lane's leads. */
final class GenericCheck implements Check {
  private final Address address;
  private final int bytes;
  private final AccessSite site;
  private final @Nullable Store store;
  private final GlobalCheck global;
  private final LocalCheck local;

  GenericCheck(Access access, AccessSite site, @Nullable Store store, @Nullable AsyncCopyOp copy) {
    this.address = access.address();
    this.bytes = access.bytes();
    this.site = site;
    this.store = store;
    this.global = new GlobalCheck(access, site, copy);
    this.local = new LocalCheck(access, site);
  }

  @Override
  public void check(Warp w, int mask) {
    long[] values = address.values(w);
    int inShared = 0;
    int inLocal = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      long at = values[lane] + address.offset();
      inShared |= Windows.contains(Windows.SHARED, at) ? 1 << lane : 0;
      inLocal |= Windows.contains(Windows.LOCAL, at) ? 1 << lane : 0;
    }
    int elsewhere = mask & ~inShared & ~inLocal;
    if (elsewhere != 0) {
      global.check(w, elsewhere);
    }
    if ((mask & inLocal) != 0) {
      local.check(w, mask & inLocal, values, address.offset() - Windows.LOCAL);
    }
    if ((mask & inShared) != 0) {
      shared(w, mask & inShared, values);
    }
  }

  @Override
  public void check(Warp w, LaneAddresses lanes) {
    if (lanes.low() + address.offset() >= Windows.PARAM + Windows.SIZE) {
      global.check(w, lanes);
    } else {
      Check.super.check(w, lanes);
    }
  }

  private void shared(Warp w, int mask, long[] values) {
    BlockShadow shadow = BlockShadow.of(w);
    SharedShadow shared = shadow.shared;
    if (shared == null) {
      return;
    }
    shared.offsets().place(values, address.offset() - Windows.SHARED, mask, bytes);
    shadow.touch(w);
    if (site.isStrong()) {
      shadow.handOver(w, mask, values, address.offset(), site);
    }
    shared.access(w, site, store);
  }
}
