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

  /** The same as a power of two. */
  private static final int ROW = 7;

  private static final int LANES = Warp.LANES;

  /** By bank of each part of the warp that is served together: a bit for each row asked for. */
  private final long[] asked = new long[LANES];

  private final int[] turns = new int[LANES];

  /**
   * Turns until these lanes have what they ask for, of all parts of the warp.
   *
   * @param unit bytes of each access, 4 at least, as a power of two
   * @param alone whether each lane has to be served by itself
   */
  int turns(long[] addresses, int lanes, int unit, boolean alone) {
    int last = (ROW_BYTES >> unit) - 1;
    if (alone) {
      askAlone(addresses, lanes, unit, last);
    } else {
      ask(addresses, lanes, unit, last);
    }
    int sum = 0;
    for (int from = 0; from < LANES; from += last + 1) {
      sum += most(from, from + last + 1);
    }
    return sum;
  }

  private void ask(long[] addresses, int lanes, int unit, int last) {
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
  private void askAlone(long[] addresses, int lanes, int unit, int last) {
    long[] rows = asked;
    for (int i = 0; i < LANES; i++) {
      int bank = i & ~last | (int) (addresses[i] >> unit) & last;
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
