package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import java.util.List;

/** What the accesses of one instruction cost in one kind of memory. */
abstract class MemoryCost {
  private final int slot;
  private final List<Counter> counters;

  /** Of the list, which takes twice as long to say so to {@link #add}. */
  private final int size;

  /**
   * @param counters what {@link #measure} gives
   */
  MemoryCost(Slots slots, List<Counter> counters) {
    this.counters = counters;
    this.size = counters.size();
    this.slot = slots.take(counters.size());
  }

  /**
   * Finds out what one execution by these lanes costs, by counter: leaves it in {@link
   * Scratch#cost}, and what it touches of global memory in {@link Scratch#touches}.
   */
  abstract void measure(long[] addresses, int lanes, Scratch scratch);

  /**
   * The same the quick way, and adds what it touches to the footprint; false when there is none,
   * and nothing has been done.
   *
   * @param more added to each address
   */
  boolean scattered(
      long[] addresses, long more, int lanes, AccessHistory history, Scratch scratch) {
    return false;
  }

  /**
   * The same of a full warp whose addresses go in equal steps.
   *
   * @param first the address of lane 0
   */
  boolean strided(long first, long stride, AccessHistory history, Scratch scratch) {
    return false;
  }

  /**
   * Whether another costs the same whenever it accesses the same addresses, and neither has to do
   * with global memory.
   */
  boolean isLike(MemoryCost other) {
    return false;
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
    for (int i = 0; i < size; i++) {
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
