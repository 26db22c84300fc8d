package dev.lockstep.simulator.counters;

import java.util.ArrayList;
import java.util.List;

/** Gives out places in a {@link KernelTally}. */
final class Slots {
  private int counts;
  private final List<AccessCounter> accesses = new ArrayList<>();

  /** The first of {@code count} places in a row. */
  int take(int count) {
    int first = counts;
    counts += count;
    return first;
  }

  /** The place of an access's history. */
  int takeAccess(AccessCounter counter) {
    accesses.add(counter);
    return accesses.size() - 1;
  }

  KernelTally newTally() {
    return new KernelTally(counts, accesses);
  }
}
