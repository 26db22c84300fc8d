package dev.lockstep.simulator.counters;

import java.util.List;

/** A {@link Pattern} whose first address lies at one place of a 128-byte line. */
final class Footing {
  private final int phase;
  private final List<long[]> costs;
  private final int[] loads;
  private final int[] stores;
  private long executions;

  /**
   * @param costs what one execution costs, by member of the counter
   * @param loads sectors of global memory that are read: pairs of a sector, counted from the line
   *     of the first address, and a number of neighbours
   * @param stores likewise, those written
   */
  Footing(int phase, List<long[]> costs, int[] loads, int[] stores) {
    this.phase = phase;
    this.costs = costs;
    this.loads = loads;
    this.stores = stores;
  }

  int phase() {
    return phase;
  }

  int[] loads() {
    return loads;
  }

  int[] stores() {
    return stores;
  }

  void executed() {
    executions++;
  }

  /** Adds what all executions cost. */
  void report(AccessCounter counter, long[] counts) {
    counter.report(costs, executions, counts);
    executions = 0;
  }
}
