package dev.lockstep.simulator.counters;

/** Gives out places in a {@link KernelTally}. */
final class Slots {
  private int counts;
  private int accesses;

  /** The first of {@code count} places in a row. */
  int take(int count) {
    int first = counts;
    counts += count;
    return first;
  }

  int takeAccess() {
    return accesses++;
  }

  KernelTally newTally() {
    return new KernelTally(counts, accesses);
  }
}
