package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.LaneAddresses;
import java.util.List;

/** What the accesses of one instruction cost in one kind of memory. */
abstract class MemoryCost {
  private final int slot;
  private final List<Counter> counters;

  /**
   * @param counters what {@link #measure} gives
   */
  MemoryCost(Slots slots, List<Counter> counters) {
    this.counters = counters;
    this.slot = slots.take(counters.size());
  }

  /**
   * What one execution by these lanes costs, by counter. What it touches of global memory is left
   * in {@link Scratch#touches}.
   */
  abstract long[] measure(long[] addresses, int lanes, Scratch scratch);

  /**
   * Adds the cost of an execution by lanes whose addresses are in no order, the quick way; false
   * when there is none, and nothing has been done.
   *
   * @param addresses of lanes that are not active: one of the others
   * @param lanes how many are active
   */
  boolean scattered(
      LaneAddresses addresses, long more, int lanes, AccessHistory history, KernelTally tally) {
    return false;
  }

  /** Whether {@link #scattered} is for it. */
  boolean isQuick() {
    return false;
  }

  /** Adds to the counters, in their order. */
  final void add(long[] counts, long a, long b, long c, long d, long e) {
    counts[slot] += a;
    counts[slot + 1] += b;
    counts[slot + 2] += c;
    counts[slot + 3] += d;
    counts[slot + 4] += e;
  }

  /** Whether it reads global memory. */
  boolean loads() {
    return false;
  }

  /** Whether it writes global memory. */
  boolean stores() {
    return false;
  }

  /** Adds the cost of that many executions. */
  final void add(long[] cost, long executions, long[] counts) {
    for (int i = 0; i < cost.length; i++) {
      counts[slot + i] += cost[i] * executions;
    }
  }

  /** Says where the counters are. */
  final void describe(Terms to) {
    for (int i = 0; i < counters.size(); i++) {
      to.add(counters.get(i), slot + i, 1);
    }
  }
}
