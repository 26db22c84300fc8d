package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/** Requests, sectors and bytes of local memory, whose words of 4 bytes lie interleaved by lane. */
final class LocalCost extends MemoryCost {
  private static final List<Counter> LOAD =
      List.of(Counter.LOCAL_LOAD_REQUESTS, Counter.LOCAL_LOAD_SECTORS, Counter.LOCAL_LOAD_BYTES);
  private static final List<Counter> STORE =
      List.of(Counter.LOCAL_STORE_REQUESTS, Counter.LOCAL_STORE_SECTORS, Counter.LOCAL_STORE_BYTES);

  private static final int WORD = 2;

  /** Lanes whose words lie in one sector. */
  private static final int TOGETHER = 8;

  private final int bytes;

  /** Bytes of an access, as a power of two; a word at least. */
  private final int unit;

  LocalCost(Slots slots, boolean store, int bytes) {
    super(slots, store ? STORE : LOAD);
    this.bytes = bytes;
    this.unit = Math.max(WORD, Integer.numberOfTrailingZeros(bytes));
  }

  @Override
  void measure(long[] addresses, int lanes, Scratch scratch) {
    int different = 0;
    for (int rest = lanes; rest != 0; ) {
      int near = Near.lanes(addresses, rest, unit);
      different += different(addresses, 0, near);
      rest &= ~near;
    }
    cost(different, lanes, scratch);
  }

  /** Nearly all local memory that is accessed in no order lies within one block of places. */
  @Override
  boolean scattered(
      long[] addresses, long more, int lanes, AccessHistory history, Scratch scratch) {
    if (!Near.areAll(addresses, more, lanes, unit)) {
      return false;
    }
    cost(different(addresses, more, lanes), lanes, scratch);
    return true;
  }

  @Override
  boolean isLike(MemoryCost other) {
    return other instanceof LocalCost local && local.bytes == bytes;
  }

  /** Eight neighbours that access the same words share their sectors, one for each word. */
  private void cost(int different, int lanes, Scratch scratch) {
    long asked = (long) Integer.bitCount(lanes) * bytes;
    scratch.cost(1, (long) different << unit - WORD, asked, 0, 0);
  }

  /** How many different places of one block neighbours access. */
  private int different(long[] addresses, long more, int lanes) {
    int different = 0;
    for (int from = 0; from < Warp.LANES; from += TOGETHER) {
      long places = 0;
      for (int i = from; i < from + TOGETHER; i++) {
        places |= (lanes >>> i & 1L) << (addresses[i] + more >> unit);
      }
      different += Long.bitCount(places);
    }
    return different;
  }
}
