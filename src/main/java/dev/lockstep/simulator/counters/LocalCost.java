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

  private final int bytes;

  LocalCost(Slots slots, boolean store, int bytes) {
    super(slots, store ? STORE : LOAD);
    this.bytes = bytes;
  }

  @Override
  long[] measure(long[] addresses, int lanes, Scratch scratch) {
    Touches touches = scratch.touches;
    touches.clear();
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long start = addresses[lane];
      for (long word = start >> WORD; word <= (start + bytes - 1) >> WORD; word++) {
        touches.add((word * Warp.LANES + lane) << WORD, 1 << WORD);
      }
    }
    long asked = (long) Integer.bitCount(lanes) * bytes;
    return new long[] {1, touches.sectors(), asked};
  }
}
