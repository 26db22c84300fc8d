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

  private final Kind kind;
  private final int bytes;

  /** Bytes that a lane asks for, as a power of two; a word at least. */
  private final int unit;

  SharedCost(Slots slots, Kind kind, int bytes) {
    super(slots, kind.counters);
    this.kind = kind;
    this.bytes = bytes;
    this.unit = Math.max(Banks.WORD, Integer.numberOfTrailingZeros(bytes));
  }

  @Override
  void measure(long[] addresses, int lanes, Scratch scratch) {
    measure(addresses, 0, lanes, scratch);
  }

  @Override
  boolean scattered(
      long[] addresses, long more, int lanes, AccessHistory history, Scratch scratch) {
    measure(addresses, more, lanes, scratch);
    return true;
  }

  @Override
  boolean isLike(MemoryCost other) {
    return other instanceof SharedCost shared
        && shared.bytes == bytes
        && kind != Kind.ATOMIC
        && shared.kind != Kind.ATOMIC;
  }

  /** As many lanes together as all banks can serve: vectors are accessed by parts of the warp. */
  private void measure(long[] addresses, long more, int lanes, Scratch scratch) {
    int wavefronts = scratch.banks.turns(addresses, more, lanes, unit, kind == Kind.ATOMIC);
    int together = Banks.ROW_BYTES >> unit;
    long asked = (long) Integer.bitCount(lanes) * bytes;
    scratch.cost(1, wavefronts, wavefronts - groups(lanes, together), asked, 0);
  }

  private static int groups(int lanes, int together) {
    if (together == Warp.LANES) {
      return 1;
    }
    int groups = 0;
    for (int from = 0; from < Warp.LANES; from += together) {
      groups += (lanes & -1 >>> (Warp.LANES - together) << from) == 0 ? 0 : 1;
    }
    return groups;
  }
}
