package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import java.util.ArrayList;
import java.util.List;

/**
 * How what an instruction did follows from the slots of a {@link KernelTally}: a sum for each
 * counter.
 */
final class Terms {
  private final List<Term> terms = new ArrayList<>();

  /** What adds a multiple of a slot to a counter. */
  private record Term(Counter counter, int slot, long factor) {}

  void add(Counter counter, int slot, long factor) {
    terms.add(new Term(counter, slot, factor));
  }

  /** Adds up what the slots say. */
  void sum(long[] counts, Counts.Builder to) {
    for (Term term : terms) {
      to.add(term.counter, counts[term.slot] * term.factor);
    }
  }
}
