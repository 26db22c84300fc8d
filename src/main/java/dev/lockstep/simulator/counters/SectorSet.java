package dev.lockstep.simulator.counters;

import java.util.Arrays;

/**
 * Sectors of global memory, counted from a line's first: a number of bits for 64 neighbours each.
 *
 * @param starts the sector of each number's lowest bit, which is set
 * @param bits what of that and the 63 behind it belongs to the set
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record SectorSet(int[] starts, long[] bits) {
  static final SectorSet NONE = new SectorSet(new int[0], new long[0]);

  /**
   * The set of these.
   *
   * @param sectors in order
   */
  static SectorSet of(long[] sectors) {
    int[] starts = new int[sectors.length];
    long[] bits = new long[sectors.length];
    int count = 0;
    for (long sector : sectors) {
      if (count == 0 || sector - starts[count - 1] >= Long.SIZE) {
        starts[count++] = (int) sector;
      }
      bits[count - 1] |= 1L << (sector - starts[count - 1]);
    }
    return new SectorSet(Arrays.copyOf(starts, count), Arrays.copyOf(bits, count));
  }

  boolean isEmpty() {
    return starts.length == 0;
  }

  /** The first; a large number if there is none. */
  long lowest() {
    return isEmpty() ? Long.MAX_VALUE : starts[0];
  }

  /** The last; a number far below zero if there is none. */
  long highest() {
    int end = starts.length - 1;
    return isEmpty()
        ? Long.MIN_VALUE
        : starts[end] + Long.SIZE - 1L - Long.numberOfLeadingZeros(bits[end]);
  }
}
