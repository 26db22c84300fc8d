package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;

/**
 * How often the banks of shared memory have to take turns. A bank gives one word of 4 bytes at a
 * time to all that ask for it; an aligned access to 8 or 16 bytes asks neighbouring banks, all of
 * them alike, so that they count as one.
 */
final class Banks {
  /** Bytes of one word from each bank. */
  static final int ROW_BYTES = 128;

  /** Bytes of a word, and words of two rows, as powers of two. */
  private static final int WORD = 2;

  private static final int PAIR = 6;

  /** By lane: the bank asked, what for, and what it gives in the first turn. */
  private final int[] banks = new int[Warp.LANES];

  private final int[] words = new int[Warp.LANES];
  private final int[] got = new int[Warp.LANES];

  /** By bank, what it gives in this turn. */
  private final int[] given = new int[Warp.LANES];

  /** Whether all of a warp ask for words of one pair of rows. */
  private boolean pair;

  /**
   * Notes what lanes ask for.
   *
   * @param unit bytes of each access, 4 at least, as a power of two
   * @param alone whether each lane has to be served by itself
   */
  void ask(long[] addresses, int unit, boolean alone) {
    int last = (ROW_BYTES >> unit) - 1;
    int first = (int) (addresses[0] >> unit);
    int differences = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      int word = (int) (addresses[i] >> unit);
      banks[i] = word & last;
      words[i] = word;
      differences |= word ^ first;
    }
    pair = differences >>> PAIR == 0 && unit == WORD && !alone;
    if (alone) {
      for (int i = 0; i < Warp.LANES; i++) {
        words[i] = i;
      }
    }
  }

  /**
   * Turns until these lanes have what they asked for: in each every bank gives the word that the
   * last lane asks for which it has not served yet.
   */
  int turns(int lanes) {
    if (pair && lanes == -1) {
      return turnsOfPair();
    }
    int turns = 0;
    for (int rest = lanes; rest != 0; turns++) {
      rest = rest == -1 ? firstTurn() : turn(rest);
    }
    return turns;
  }

  /** Each bank has two words to give: both, if any bank is asked for both. */
  private int turnsOfPair() {
    long asked = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      asked |= 1L << words[i];
    }
    return (asked & asked >>> Warp.LANES) == 0 ? 1 : 2;
  }

  /** Lanes of a full warp that are left after a turn. */
  private int firstTurn() {
    for (int i = 0; i < Warp.LANES; i++) {
      given[banks[i]] = words[i];
    }
    for (int i = 0; i < Warp.LANES; i++) {
      got[i] = given[banks[i]];
    }
    int left = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      left |= isOther(got[i], words[i]) << i;
    }
    return left;
  }

  /** The same of some lanes. */
  private int turn(int lanes) {
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      given[banks[lane]] = words[lane];
    }
    int left = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      left |= isOther(given[banks[lane]], words[lane]) << lane;
    }
    return left;
  }

  /** 1 or 0, without a branch that nobody could predict. */
  private static int isOther(int a, int b) {
    int difference = a ^ b;
    return (difference | -difference) >>> Integer.SIZE - 1;
  }
}
