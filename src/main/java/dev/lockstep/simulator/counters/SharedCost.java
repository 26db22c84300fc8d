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

  /** Bytes that a lane asks for, as a power of two; a word at least. */
  private final int unit;

  SharedCost(Slots slots, Kind kind, int bytes) {
    super(slots, kind.counters);
    this.kind = kind;
    this.bytes = bytes;
    this.unit = Math.max(WORD, Integer.numberOfTrailingZeros(bytes));
  }

  /** As many lanes together as all banks can serve: vectors are accessed by parts of the warp. */
  @Override
  void measure(long[] addresses, int lanes, Scratch scratch) {
    int wavefronts = scratch.banks.turns(addresses, lanes, unit, kind == Kind.ATOMIC);
    int together = Banks.ROW_BYTES >> unit;
    int groups = 0;
    for (int from = 0; from < Warp.LANES; from += together) {
      groups += (lanes & -1 >>> (Warp.LANES - together) << from) == 0 ? 0 : 1;
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    scratch.cost(1, wavefronts, wavefronts - groups, asked, 0);
  }
}
