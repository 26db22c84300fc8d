package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests, sectors, lines and bytes of global memory. */
final class GlobalCost extends MemoryCost {
  /** What is accessed for what; the counters in the order in which {@link #measure} gives them. */
  enum Kind {
    LOAD(true, false, Counter.GLOBAL_LOAD_REQUESTS),
    STORE(false, true, Counter.GLOBAL_STORE_REQUESTS),
    COPY(true, false, Counter.GLOBAL_COPY_REQUESTS),
    ATOMIC(true, true, Counter.GLOBAL_ATOMIC_REQUESTS),
    REDUCTION(true, true, Counter.GLOBAL_REDUCTION_REQUESTS);

    private final boolean loads;
    private final boolean stores;
    private final List<Counter> counters;

    /** The five counters of a kind stand together, requests first. */
    Kind(boolean loads, boolean stores, Counter requests) {
      this.loads = loads;
      this.stores = stores;
      int at = requests.ordinal();
      this.counters = List.of(Counter.values()).subList(at, at + 5);
    }
  }

  private final Kind kind;
  private final int bytes;

  GlobalCost(Slots slots, Kind kind, int bytes) {
    super(slots, kind.counters);
    this.kind = kind;
    this.bytes = bytes;
  }

  @Override
  void measure(long[] addresses, int lanes, Scratch scratch) {
    Touches touches = scratch.touches;
    touches.clear();
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      touches.add(addresses[Integer.numberOfTrailingZeros(rest)], bytes);
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    scratch.cost(1, touches.sectors(), touches.lines(), asked, touches.bytes());
  }

  @Override
  boolean scattered(
      long[] addresses, long more, int lanes, AccessHistory history, Scratch scratch) {
    Footprint.Touched into = into(history);
    if (into == null
        || !into.isWorthTables()
        || !scratch.scatter.count(addresses, more, lanes, bytes, into)) {
      return false;
    }
    Scatter scatter = scratch.scatter;
    Footprint.Touched also = also(history);
    if (also != null) {
      scatter.addTo(also);
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    long different = (long) scatter.distinct() * bytes;
    scratch.cost(1, scatter.sectors(), scatter.lines(), asked, different);
    return true;
  }

  /** Steps of no more than a sector leave none out; larger ones lead to another each time. */
  @Override
  boolean strided(long first, long stride, AccessHistory history, Scratch scratch) {
    long last = first + (Warp.LANES - 1) * stride;
    long low = Math.min(first, last);
    long high = Math.max(first, last);
    Footprint.Touched into = into(history);
    if (((first | stride) & bytes - 1) != 0
        || into == null
        || !into.covers(low >> Footprint.SECTOR)
        || !into.covers(high >> Footprint.SECTOR)
        || !into.isWorthTables()) {
      return false;
    }
    into.touch(first, stride);
    Footprint.Touched also = also(history);
    if (also != null) {
      also.touch(first, stride);
    }
    long different = stride == 0 ? 1 : Warp.LANES;
    long sectors = Math.min(different, (high >> Footprint.SECTOR) - (low >> Footprint.SECTOR) + 1);
    long lines = Math.min(different, (high >> Footprint.LINE) - (low >> Footprint.LINE) + 1);
    scratch.cost(1, sectors, lines, (long) Warp.LANES * bytes, different * bytes);
    return true;
  }

  /** Where it last was; null when that is nowhere yet, or not the same for both of its parts. */
  private Footprint.@Nullable Touched into(AccessHistory history) {
    Footprint.Touched into = kind.loads ? history.loaded() : history.stored();
    Footprint.Touched also = kind.loads && kind.stores ? history.stored() : into;
    return into != null && also != null && into.first() == also.first() ? into : null;
  }

  /** The other footprint that an access belongs to, if it both reads and writes. */
  private Footprint.@Nullable Touched also(AccessHistory history) {
    return kind.loads && kind.stores ? history.stored() : null;
  }

  @Override
  boolean loads() {
    return kind.loads;
  }

  @Override
  boolean stores() {
    return kind.stores;
  }
}
