package dev.lockstep.simulator.counters;

import java.util.Arrays;

/**
 * Tells how many different places accesses in no order have: at each place stands the number of the
 * access that was there last, so that nothing has to be cleaned up behind one.
 */
final class Stamps {
  /** By place; where there are more places than this has, by their lowest bits. */
  private final char[] numbers;

  private char latest;

  /**
   * @param places how many to tell apart
   */
  Stamps(int places) {
    int size = Math.max(2, Integer.highestOneBit(places - 1) << 1);
    numbers = new char[size];
  }

  /** Whether so many places are told apart; of more, some count as one. */
  boolean tellApart(int places) {
    return places <= numbers.length;
  }

  /**
   * How many different places offsets have. Without a branch: whether a place was seen before is
   * what nobody can predict.
   *
   * @param unit bytes of a place, as a power of two
   */
  int different(int[] offsets, int unit) {
    char[] known = numbers;
    char number = next();
    int again = 0;
    for (int offset : offsets) {
      int place = offset >>> unit & known.length - 1;
      again += (known[place] ^ number) - 1 >>> Integer.SIZE - 1;
      known[place] = number;
    }
    return offsets.length - again;
  }

  /** A number that stands nowhere. */
  private char next() {
    if (++latest == 0) {
      Arrays.fill(numbers, (char) 0);
      latest = 1;
    }
    return latest;
  }
}
