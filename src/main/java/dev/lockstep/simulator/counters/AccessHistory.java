package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import org.jspecify.annotations.Nullable;

/** What a worker has seen one access do: its patterns, and where it last was. */
final class AccessHistory {
  /** Patterns remembered; when there are more, all are forgotten. */
  private static final int MOST = 32;

  /**
   * New patterns in a row after which no more are remembered, and how many accesses later a few are
   * again: remembering one takes as long as many an access without a pattern.
   */
  private static final int PATIENCE = 12;

  private static final int PAUSE = 4096;
  private static final int RETRIES = 2;

  private static final int SEEN_ONCE = 16;

  private static final Pattern[] NONE = {};

  private Footing current = Footing.NONE;
  private @Nullable Pattern latest;

  /** By hash, a place further on where that is taken. */
  private @Nullable Pattern[] known = NONE;

  private int patterns;

  /** New patterns since one came again; above {@link #PATIENCE}, accesses since then. */
  private int strangers;

  /** By hash: the last patterns that were new. One is worth remembering when it comes again. */
  private long[] seenOnce = {};

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

  /** The latest pattern. */
  @Nullable Pattern latest() {
    return latest;
  }

  /** The pattern these addresses most probably have: what came behind the latest the last time. */
  @Nullable Pattern expected() {
    return latest == null ? null : latest.successor();
  }

  /** Addresses lay as {@link #expected}. */
  void goesOnAs(Pattern pattern) {
    latest = pattern;
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
   * The pattern of these addresses, which is not the expected one; known or new. Null when it comes
   * for the first time, or so many were new lately that there is no use in remembering more.
   */
  @Nullable Pattern other(long[] values, int lanes, AccessCounter counter, long[] counts) {
    long hash = Pattern.hash(values, lanes);
    Pattern pattern = known(hash, values, lanes);
    if (pattern != null) {
      strangers = 0;
    } else if (++strangers > PATIENCE) {
      strangers = strangers < PAUSE ? strangers : PATIENCE - RETRIES;
    } else if (!isFirst(hash)) {
      pattern = new Pattern(values, lanes);
      remember(hash, pattern, counter, counts);
    }
    if (pattern != null) {
      if (latest != null) {
        latest.isFollowedBy(pattern);
      }
      latest = pattern;
    }
    return pattern;
  }

  private @Nullable Pattern known(long hash, long[] values, int lanes) {
    if (patterns == 0) {
      return null;
    }
    long first = values[Integer.numberOfTrailingZeros(lanes)];
    int place = place(hash);
    Pattern pattern = known[place];
    while (pattern != null && !pattern.matches(values, lanes, first)) {
      place = place + 1 & known.length - 1;
      pattern = known[place];
    }
    return pattern;
  }

  private void remember(long hash, Pattern pattern, AccessCounter counter, long[] counts) {
    if (patterns == MOST) {
      report(counter, counts);
      patterns = 0;
      latest = null;
      current = Footing.NONE;
    }
    if (patterns == 0) {
      known = new Pattern[2 * MOST];
    }
    int place = place(hash);
    while (known[place] != null) {
      place = place + 1 & known.length - 1;
    }
    known[place] = pattern;
    patterns++;
  }

  private static int place(long hash) {
    return (int) (hash >>> 32) & 2 * MOST - 1;
  }

  /** Whether a new pattern comes for the first time; if not, it counts as new once only. */
  private boolean isFirst(long hash) {
    if (seenOnce.length == 0) {
      seenOnce = new long[SEEN_ONCE];
    }
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
    for (Pattern pattern : known) {
      if (pattern != null) {
        pattern.report(counter, counts);
      }
    }
  }

  /** Adds sectors to what the launch has read. */
  void load(Footprint footprint, GlobalMemory memory, long base, SectorSet sectors) {
    loaded = touch(loaded, footprint, memory, base, sectors);
  }

  /** Adds sectors to what the launch has written. */
  void store(Footprint footprint, GlobalMemory memory, long base, SectorSet sectors) {
    stored = touch(stored, footprint, memory, base, sectors);
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
      SectorSet sectors) {
    Footprint.Touched touched = last;
    for (int i = 0; i < sectors.starts().length; i++) {
      for (long rest = sectors.bits()[i]; rest != 0; rest &= rest - 1) {
        long sector = base + sectors.starts()[i] + Long.numberOfTrailingZeros(rest);
        if (touched == null || !touched.covers(sector)) {
          Region region = memory.find(sector << Footprint.SECTOR, 1);
          if (region == null) {
            continue;
          }
          touched = footprint.in(region);
        }
        touched.set(sector - touched.first(), 1);
      }
    }
    return touched;
  }
}
