package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/** Requests, wavefronts and bank conflicts of shared memory. */
final class SharedCost extends MemoryCost {
  /** What is done; the counters in the order in which {@link #measure} gives them. */
  enum Kind {
    LOAD(Counter.SHARED_LOAD_REQUESTS),
    STORE(Counter.SHARED_STORE_REQUESTS),
    ATOMIC(Counter.SHARED_ATOMIC_REQUESTS);

    private final List<Counter> counters;

    /** The four counters of a kind stand together, requests first. */
    Kind(Counter requests) {
      int at = requests.ordinal();
      this.counters = List.of(Counter.values()).subList(at, at + 4);
    }
  }

  private static final int WORD = 2;

  private final Kind kind;
  private final int bytes;

  SharedCost(Slots slots, Kind kind, int bytes) {
    super(slots, kind.counters);
    this.kind = kind;
    this.bytes = bytes;
  }

  @Override
  long[] measure(long[] addresses, int lanes, Scratch scratch) {
    int together = bytes <= 4 ? Warp.LANES : bytes <= 8 ? Warp.LANES / 2 : Warp.LANES / 4;
    long wavefronts = 0;
    long groups = 0;
    for (int from = 0; from < Warp.LANES; from += together) {
      int group = lanes & -1 >>> (Warp.LANES - together) << from;
      if (group != 0) {
        groups++;
        wavefronts += wavefronts(addresses, group, scratch.banks);
      }
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    return new long[] {1, wavefronts, wavefronts - groups, asked};
  }

  private int wavefronts(long[] addresses, int group, Banks banks) {
    banks.clear();
    boolean atomic = kind == Kind.ATOMIC;
    for (int rest = group; rest != 0; rest &= rest - 1) {
      long start = addresses[Integer.numberOfTrailingZeros(rest)];
      for (long word = start >> WORD; word <= (start + bytes - 1) >> WORD; word++) {
        banks.add(word, atomic);
      }
    }
    return banks.most();
  }
}
