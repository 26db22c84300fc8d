package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import org.jspecify.annotations.Nullable;

/** What a worker has seen one access do: its latest patterns, and where it last was. */
final class AccessHistory {
  /** Kept beside the latest: loops with a remainder or a changing mask have a few. */
  private static final int OLDER = 3;

  private @Nullable Pattern latest;
  private final @Nullable Pattern[] older = new Pattern[OLDER];
  private int next;

  private Footprint.@Nullable Touched loaded;
  private Footprint.@Nullable Touched stored;

  /** The latest pattern: the one these addresses most probably have. */
  @Nullable Pattern latest() {
    return latest;
  }

  /** The pattern of these addresses, which is not the latest; known or new. */
  Pattern other(long[] values, int lanes, AccessCounter counter, long[] counts) {
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    for (int i = 0; i < OLDER; i++) {
      Pattern pattern = older[i];
      if (pattern != null && pattern.matches(values, lanes, first)) {
        older[i] = latest;
        latest = pattern;
        return pattern;
      }
    }
    Pattern found = new Pattern(values, lanes);
    report(older[next], counter, counts);
    older[next] = latest;
    next = (next + 1) % OLDER;
    latest = found;
    return found;
  }

  /** Adds what was only noted so far. */
  void report(AccessCounter counter, long[] counts) {
    report(latest, counter, counts);
    for (Pattern pattern : older) {
      report(pattern, counter, counts);
    }
  }

  private static void report(@Nullable Pattern pattern, AccessCounter counter, long[] counts) {
    if (pattern != null) {
      for (Footing footing : pattern.footings()) {
        footing.report(counter, counts);
      }
    }
  }

  /** Adds sectors to what the launch has read. */
  void load(Footprint footprint, GlobalMemory memory, long base, int[] runs) {
    loaded = touch(loaded, footprint, memory, base, runs);
  }

  /** Adds sectors to what the launch has written. */
  void store(Footprint footprint, GlobalMemory memory, long base, int[] runs) {
    stored = touch(stored, footprint, memory, base, runs);
  }

  /** Returns the region last touched. An address in none is about to be refused by the op. */
  private static Footprint.@Nullable Touched touch(
      Footprint.@Nullable Touched last,
      Footprint footprint,
      GlobalMemory memory,
      long base,
      int[] runs) {
    Footprint.Touched touched = last;
    for (int i = 0; i < runs.length; i += 2) {
      long sector = base + runs[i];
      if (touched == null || !touched.covers(sector)) {
        Region region = memory.find(sector << Footprint.SECTOR, 1);
        if (region == null) {
          continue;
        }
        touched = footprint.in(region);
      }
      touched.set(sector, runs[i + 1]);
    }
    return touched;
  }
}
