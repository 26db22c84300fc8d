package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import org.jspecify.annotations.Nullable;

/** What a worker has seen one access do: its latest patterns, and where it last was. */
final class AccessHistory {
  /** Kept beside the latest: loops with a remainder or a changing mask have a few. */
  private static final int OLDER = 3;

  /**
   * New patterns in a row after which no more are remembered, and how many accesses later a few are
   * again: remembering one takes as long as many an access without a pattern.
   */
  private static final int PATIENCE = 12;

  private static final int PAUSE = 4096;
  private static final int RETRIES = 2;

  private static final int SEEN_ONCE = 16;

  private Footing current = Footing.NONE;
  private @Nullable Pattern latest;
  private final @Nullable Pattern[] older = new Pattern[OLDER];
  private int next;

  /** New patterns since one came again; above {@link #PATIENCE}, accesses since then. */
  private int strangers;

  /**
   * By hash: the last patterns that were new. Where others are counted quickly, too, one is worth
   * remembering when it comes again.
   */
  private final long[] seenOnce = new long[SEEN_ONCE];

  private Footprint.@Nullable Touched loaded;
  private Footprint.@Nullable Touched stored;

  /** How the latest access lay: the next one probably lies like that. */
  Footing current() {
    return current;
  }

  /** The latest access lies like that. */
  void goesOnAt(Footing footing) {
    current = footing;
  }

  /** The latest pattern: the one these addresses most probably have. */
  @Nullable Pattern latest() {
    return latest;
  }

  /** Whether there is no use in looking for a pattern in what does not go in equal steps. */
  boolean isPatternless() {
    if (strangers <= PATIENCE || strangers + 1 == PAUSE) {
      return false;
    }
    strangers++;
    return true;
  }

  /**
   * The pattern of these addresses, which is not the latest; known or new. Null when it comes for
   * the first time, or so many were new lately that there is no use in remembering more.
   */
  @Nullable Pattern other(long[] values, int lanes, AccessCounter counter, long[] counts) {
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    for (int i = 0; i < OLDER; i++) {
      Pattern pattern = older[i];
      if (pattern != null && pattern.matches(values, lanes, first)) {
        older[i] = latest;
        latest = pattern;
        strangers = 0;
        return pattern;
      }
    }
    if (++strangers > PATIENCE) {
      strangers = strangers < PAUSE ? strangers : PATIENCE - RETRIES;
      return null;
    }
    if (counter.isQuick() && isFirst(Pattern.hash(values, lanes))) {
      return null;
    }
    Pattern found = new Pattern(values, lanes);
    report(older[next], counter, counts);
    older[next] = latest;
    next = (next + 1) % OLDER;
    latest = found;
    return found;
  }

  /** Whether a new pattern comes for the first time; if not, it counts as new once only. */
  private boolean isFirst(long hash) {
    int place = (int) (hash >>> 32) & SEEN_ONCE - 1;
    boolean first = seenOnce[place] != hash;
    seenOnce[place] = first ? hash : 0;
    strangers -= first ? 0 : 1;
    return first;
  }

  /** Where it last read; null at first. */
  Footprint.@Nullable Touched loaded() {
    return loaded;
  }

  /** Where it last wrote; null at first. */
  Footprint.@Nullable Touched stored() {
    return stored;
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

  /** The same for an access without a pattern. */
  void load(Footprint footprint, GlobalMemory memory, Touches touches) {
    loaded = touch(loaded, footprint, memory, touches);
  }

  /** The same for an access without a pattern. */
  void store(Footprint footprint, GlobalMemory memory, Touches touches) {
    stored = touch(stored, footprint, memory, touches);
  }

  private static Footprint.@Nullable Touched touch(
      Footprint.@Nullable Touched last, Footprint footprint, GlobalMemory memory, Touches touches) {
    Footprint.Touched touched = last;
    for (int i = 0; i < touches.lines(); i++) {
      long sector = 4 * touches.line(i);
      int sectors = touches.sectors(i);
      if (touched == null || !touched.covers(sector)) {
        Region region = memory.find(touches.line(i) << 7, 1);
        if (region == null) {
          continue;
        }
        touched = footprint.in(region);
      }
      touched.setFour(sector, sectors);
    }
    return touched;
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
