package dev.lockstep.simulator.counters;

import java.util.Arrays;

/** A small set of bytes, kept by 128-byte lines: a hash table that is emptied and used again. */
final class Touches {
  private static final int LINE = 7;
  private static final long SECTOR_MASK = 0xffff_ffffL;

  /** By place of the table: a line's number, and a bit for each byte of its halves. */
  private long[] lines = new long[64];

  private long[] lower = new long[64];
  private long[] upper = new long[64];

  /** Places that are taken. */
  private int[] used = new int[32];

  private int count;

  void clear() {
    for (int i = 0; i < count; i++) {
      lower[used[i]] = 0;
      upper[used[i]] = 0;
    }
    count = 0;
  }

  /**
   * Adds the bytes of an access; those of a misaligned one that reach into another half of a line
   * are left out, as it is about to be refused.
   *
   * @param bytes 32 at most
   */
  void add(long start, int bytes) {
    long bits = ((1L << bytes) - 1) << start;
    if ((start & 64) == 0) {
      add(start >> LINE, bits, 0);
    } else {
      add(start >> LINE, 0, bits);
    }
  }

  void addAll(Touches other) {
    for (int i = 0; i < other.count; i++) {
      int at = other.used[i];
      add(other.lines[at], other.lower[at], other.upper[at]);
    }
  }

  private void add(long line, long low, long high) {
    int at = place(line);
    while ((lower[at] | upper[at]) != 0) {
      if (lines[at] == line) {
        lower[at] |= low;
        upper[at] |= high;
        return;
      }
      at = (at + 1) & (lines.length - 1);
    }
    if (count == used.length) {
      grow();
      add(line, low, high);
      return;
    }
    lines[at] = line;
    lower[at] = low;
    upper[at] = high;
    used[count++] = at;
  }

  private int place(long line) {
    return (int) (line * 0x9e37_79b9_7f4a_7c15L >>> 32) & (lines.length - 1);
  }

  private void grow() {
    long[] oldLines = lines;
    long[] oldLower = lower;
    long[] oldUpper = upper;
    int[] oldUsed = used;
    int size = 2 * oldLines.length;
    lines = new long[size];
    lower = new long[size];
    upper = new long[size];
    used = new int[size / 2];
    count = 0;
    for (int at : oldUsed) {
      add(oldLines[at], oldLower[at], oldUpper[at]);
    }
  }

  int lines() {
    return count;
  }

  int sectors() {
    int sectors = 0;
    for (int i = 0; i < count; i++) {
      sectors += Integer.bitCount(sectorsAt(used[i]));
    }
    return sectors;
  }

  int bytes() {
    int bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += Long.bitCount(lower[used[i]]) + Long.bitCount(upper[used[i]]);
    }
    return bytes;
  }

  /** The number of a line, by the order in which they came. */
  long line(int i) {
    return lines[used[i]];
  }

  /** A bit for each of the four sectors of a line that was touched. */
  int sectors(int i) {
    return sectorsAt(used[i]);
  }

  private int sectorsAt(int at) {
    long low = lower[at];
    long high = upper[at];
    return ((low & SECTOR_MASK) != 0 ? 1 : 0)
        | (low >>> 32 != 0 ? 2 : 0)
        | ((high & SECTOR_MASK) != 0 ? 4 : 0)
        | (high >>> 32 != 0 ? 8 : 0);
  }

  /** All sectors. */
  SectorSet sectorSet() {
    long[] sectors = new long[sectors()];
    int filled = 0;
    for (int i = 0; i < count; i++) {
      for (int rest = sectors(i); rest != 0; rest &= rest - 1) {
        sectors[filled++] = 4 * line(i) + Integer.numberOfTrailingZeros(rest);
      }
    }
    Arrays.sort(sectors);
    return SectorSet.of(sectors);
  }
}
