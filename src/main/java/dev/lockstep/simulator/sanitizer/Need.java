package dev.lockstep.simulator.sanitizer;

import java.util.function.LongPredicate;

/**
 * What becomes of the bytes that an access reads, a bit for each.
 *
 * @param used those in registers that are read at all
 * @param strict something depends on them: without a value they are a mistake
 * @param carried they are only stored somewhere, and are without a value there if they have none
 * @param free those of the carried that may be anything: a bit field is filled in among them
 * @param alone whether a structure of which nothing here is set cannot be what is copied
 * @param shift bytes of the instruction before those of the access
 */
record Need(long used, long strict, long carried, long free, boolean alone, int shift) {
  /** Everything depends on it. */
  static final Need ALL = new Need(-1, -1, 0, 0, true, 0);

  /** What members of structures are aligned to, at most, behind padding. */
  private static final int LARGEST = 8;

  /** The same for a part of the access. */
  Need part(int from, int bytes) {
    if (strict == -1) {
      return this;
    }
    long mask = (1L << bytes) - 1;
    return new Need(
        mask,
        strict >>> from & mask,
        carried >>> from & mask,
        free >>> from & mask,
        alone,
        shift + from);
  }

  /**
   * Whether bytes that have no value are a mistake where they are read.
   *
   * @param missing which of them
   * @param at where the access begins, from an aligned place on
   * @param written whether a byte was written
   */
  boolean misses(long missing, long at, int size, LongPredicate written) {
    if ((missing & strict) != 0) {
      return true;
    }
    long copied = missing & carried & ~free;
    if (copied == 0) {
      return false;
    }
    if (alone && copied == (1L << size) - 1) {
      return true;
    }
    for (int i = 0; i < size; i++) {
      boolean first = (copied >>> i & 1) != 0 && (i == 0 || (copied >>> i - 1 & 1) == 0);
      if (first && !followsMember(at + i, written)) {
        return true;
      }
    }
    return false;
  }

  /** Padding fills up behind a member, to where the next may stand. */
  private static boolean followsMember(long at, LongPredicate written) {
    for (long before = at - 1; before >= (at & -LARGEST); before--) {
      if (written.test(before)) {
        return true;
      }
    }
    return false;
  }
}
