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
    if (shared == null || mask == 0) {
      return;
    }
    if (address.wide()) {
      shared.offsets().place(w.longs[address.register()], address.offset(), mask, bytes);
    } else {
      shared.offsets().place(w.ints[address.register()], (int) address.offset(), mask, bytes);
    }
    shadow.touch(w);
    if (site.isStrong()) {
      shadow.handOver(w, mask, address.values(w), address.offset() + Windows.SHARED, site);
    }
    shared.access(w, site, store);
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
}
