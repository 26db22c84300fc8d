package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/**
 * How often the banks of shared memory have to take turns. A bank gives one word of 4 bytes at a
 * time to all that ask for it; an aligned access to 8 or 16 bytes asks neighbouring banks, all of
 * them alike, so that they count as one.
 */
final class Banks {
  /** Bytes of one word from each bank. */
  static final int ROW_BYTES = 128;

  /** The same as a power of two. */
  private static final int ROW = 7;

  /** Bytes of a word, likewise. */
  static final int WORD = 2;

  private static final int LANES = Warp.LANES;

  /** By bank of each part of the warp that is served together: a bit for each row asked for. */
  private final long[] asked = new long[LANES];

  private final int[] turns = new int[LANES];

  /** Addresses with what is added to each. */
  private final long[] moved = new long[LANES];

  /**
   * Turns until these lanes have what they ask for, of all parts of the warp.
   *
   * @param more added to each address
   * @param unit bytes of each access, 4 at least, as a power of two
   * @param alone whether each lane has to be served by itself
   */
  int turns(long[] addresses, long more, int lanes, int unit, boolean alone) {
    if (lanes != -1 && unit == WORD && areAllDifferent(addresses, (int) more)) {
      return 1;
    }
    int last = (ROW_BYTES >> unit) - 1;
    if (alone) {
      askAlone(addresses, more, lanes, unit, last);
    } else if (lanes != -1 || unit != WORD || !askAll(addresses, (int) more)) {
      ask(addresses, more, lanes, unit, last);
    }
    int sum = 0;
    for (int from = 0; from < LANES; from += last + 1) {
      sum += most(from, from + last + 1);
    }
    return sum;
  }

  /**
   * Whether each lane would ask a bank of its own if all were active: then any of them do. Without
   * a branch, so that the loop becomes vector code.
   */
  private static boolean areAllDifferent(long[] addresses, int more) {
    int banks = 0;
    for (int i = 0; i < LANES; i++) {
      banks |= 1 << ((int) addresses[i] + more >>> WORD);
    }
    return banks == -1;
  }

  /**
   * The common case: all lanes ask for a word each. False, and nothing done, when those do not lie
   * in one block of rows.
   */
  private boolean askAll(long[] addresses, int more) {
    long[] rows = asked;
    int first = (int) addresses[0] + more;
    int differing = 0;
    for (int i = 0; i < LANES; i++) {
      int address = (int) addresses[i] + more;
      differing |= address ^ first;
      rows[address >>> WORD & LANES - 1] |= 1L << (address >>> ROW);
    }
    if (differing >>> ROW + Near.PLACES != 0) {
      Arrays.fill(rows, 0);
      return false;
    }
    return true;
  }

  private void ask(long[] values, long more, int lanes, int unit, int last) {
    long[] addresses = moved;
    for (int i = 0; i < LANES; i++) {
      addresses[i] = values[i] + more;
    }
    int near = Near.lanes(addresses, lanes, ROW);
    askNear(addresses, near, unit, last);
    if (near != lanes) {
      askFar(addresses, lanes & ~near, unit, last);
    }
  }

  private void askNear(long[] addresses, int lanes, int unit, int last) {
    long[] rows = asked;
    for (int i = 0; i < LANES; i++) {
      int address = (int) addresses[i];
      int bank = i & ~last | address >> unit & last;
      rows[bank & LANES - 1] |= (lanes >>> i & 1L) << (address >> ROW);
    }
  }

  /** Each lane counts as asking for a row of its own. */
  private void askAlone(long[] addresses, long more, int lanes, int unit, int last) {
    long[] rows = asked;
    for (int i = 0; i < LANES; i++) {
      int bank = i & ~last | (int) (addresses[i] + more >> unit) & last;
      rows[bank & LANES - 1] |= lanes & 1L << i;
    }
  }

  /** Asks for further blocks of rows: as many bits are set for them, whichever. */
  private void askFar(long[] addresses, int lanes, int unit, int last) {
    for (int i = 0; i < LANES; i++) {
      turns[i] = Long.bitCount(asked[i]);
      asked[i] = 0;
    }
    for (int rest = lanes; rest != 0; ) {
      int near = Near.lanes(addresses, rest, ROW);
      askNear(addresses, near, unit, last);
      for (int i = 0; i < LANES; i++) {
        turns[i] += Long.bitCount(asked[i]);
        asked[i] = 0;
      }
      rest &= ~near;
    }
    for (int i = 0; i < LANES; i++) {
      asked[i] = (1L << turns[i]) - 1;
    }
  }

  /** The most rows that one of these banks is asked for. Nothing is asked for any more then. */
  private int most(int from, int to) {
    int most = 0;
    for (int bank = from; bank < to; bank++) {
      most = Math.max(most, Long.bitCount(asked[bank]));
      asked[bank] = 0;
    }
    return most;
  }
}
