package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import java.util.List;

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
    Footprint.Touched into = kind.loads ? history.loaded() : history.stored();
    Footprint.Touched also = kind.loads && kind.stores ? history.stored() : into;
    Scatter scatter = scratch.scatter;
    if (into == null
        || also == null
        || into.first() != also.first()
        || !into.isWorthTables()
        || !scatter.count(addresses, more, lanes, bytes, into)) {
      return false;
    }
    if (also != into) {
      also.touch(scatter.offsets);
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    long different = (long) scatter.distinct() * bytes;
    scratch.cost(1, scatter.sectors(), scatter.lines(), asked, different);
    return true;
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
