package dev.lockstep.simulator.counters;

import java.util.Arrays;

/** Words of shared memory that lanes ask for together, by bank. */
final class Banks {
  private static final int BANKS = 32;

  /** A misaligned access, about to be refused, may ask for two words a lane. */
  private static final int WORDS = 64;

  private final long[] words = new long[BANKS * WORDS];
  private final int[] counts = new int[BANKS];
  private int most;

  void clear() {
    Arrays.fill(counts, 0);
    most = 0;
  }

  /**
   * Asks for a word.
   *
   * @param again whether asking for one that was asked for costs anew
   */
  void add(long word, boolean again) {
    int bank = (int) word & (BANKS - 1);
    int known = counts[bank];
    if (!again) {
      for (int i = 0; i < known; i++) {
        if (words[bank * WORDS + i] == word) {
          return;
        }
      }
    }
    words[bank * WORDS + known] = word;
    counts[bank] = known + 1;
    most = Math.max(most, known + 1);
  }

  /** The most words any bank must give. */
  int most() {
    return most;
  }
}
