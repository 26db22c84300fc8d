package dev.lockstep.simulator.counters;

import java.util.Arrays;
import java.util.TreeSet;

/** A small set of 32-byte sectors. */
final class Sectors {
  private final TreeSet<Long> sectors = new TreeSet<>();

  /** Adds those of the bytes from {@code start} to {@code end}, exclusive. */
  void add(long start, long end) {
    for (long s = start >> Footprint.SECTOR; s <= (end - 1) >> Footprint.SECTOR; s++) {
      sectors.add(s);
    }
  }

  int size() {
    return sectors.size();
  }

  /** Pairs of a first sector and a number of neighbours, 64 at most as {@link Footprint} asks. */
  int[] runs() {
    int[] runs = new int[2 * sectors.size()];
    int used = 0;
    for (long sector : sectors) {
      boolean next =
          used > 0 && runs[used - 2] + runs[used - 1] == sector && runs[used - 1] < Long.SIZE;
      if (next) {
        runs[used - 1]++;
      } else {
        runs[used++] = (int) sector;
        runs[used++] = 1;
      }
    }
    return Arrays.copyOf(runs, used);
  }
}
