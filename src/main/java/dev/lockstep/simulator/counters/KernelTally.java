package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Tally;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one worker counts in one launch. */
final class KernelTally implements Tally {
  /** By slot, as {@link Slots} gave them out. */
  final long[] counts;

  /** What was learned about each access, by number. */
  final AccessHistory[] histories;

  /** Sectors of global memory that were read, and that were written. */
  final Footprint loaded = new Footprint();

  final Footprint stored = new Footprint();

  final Scratch scratch = new Scratch();

  private final List<AccessCounter> accesses;
  private @Nullable KernelTally spare;

  KernelTally(int slots, List<AccessCounter> accesses) {
    this.accesses = accesses;
    counts = new long[slots];
    histories = new AccessHistory[accesses.size()];
    for (int i = 0; i < histories.length; i++) {
      histories[i] = new AccessHistory();
    }
  }

  /** The tally of the worker that runs this warp. */
  static KernelTally of(Warp w) {
    if (w.tally instanceof KernelTally tally) {
      return tally;
    }
    throw new IllegalStateException("a kernel lowered for counting runs without a tally");
  }

  @Override
  public KernelTally spare() {
    if (spare == null) {
      spare = new KernelTally(counts.length, accesses);
    }
    return spare;
  }

  /** All of them together. */
  static KernelTally sum(List<KernelTally> tallies) {
    KernelTally sum = new KernelTally(tallies.getFirst().counts.length, List.of());
    for (KernelTally tally : tallies) {
      tally.accesses.forEach(access -> access.report(tally));
      tally.scratch.scatter.close();
      for (int i = 0; i < sum.counts.length; i++) {
        sum.counts[i] += tally.counts[i];
      }
      sum.loaded.add(tally.loaded);
      sum.stored.add(tally.stored);
    }
    return sum;
  }
}
