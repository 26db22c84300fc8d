package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/** Counts the accesses of one instruction to one state space. */
abstract class AccessCounter {
  private final int slot;
  private final int number;
  private final List<Counter> counters;

  /**
   * @param counters what its {@link Cost#amounts} are
   */
  AccessCounter(Slots slots, List<Counter> counters) {
    this.counters = counters;
    this.slot = slots.take(counters.size());
    this.number = slots.takeAccess();
  }

  /** What a warp's access costs, found out from scratch. */
  abstract Cost measure(long[] addresses, int lanes);

  /** Notes where it was; {@code base} is the 128-byte line of the first address. */
  void visit(Warp w, KernelTally tally, AccessHistory history, long base, Cost cost) {}

  /**
   * Counts one execution.
   *
   * @param values the addresses, of which {@code shift} is missing
   * @param lanes those that access, at least one
   */
  final void count(Warp w, KernelTally tally, long[] values, long shift, int lanes) {
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    AccessHistory history = tally.histories[number];
    int phase = (int) (first + shift) & (Pattern.PHASES - 1);
    Cost cost = history.pattern(values, lanes, first).cost(phase, this);
    long[] counts = tally.counts;
    long[] amounts = cost.amounts();
    for (int i = 0; i < amounts.length; i++) {
      counts[slot + i] += amounts[i];
    }
    visit(w, tally, history, first + shift - phase, cost);
  }

  /** Adds what was counted to a report. */
  final void report(long[] counts, dev.lockstep.device.Counts.Builder to) {
    for (int i = 0; i < counters.size(); i++) {
      to.add(counters.get(i), counts[slot + i]);
    }
  }
}
