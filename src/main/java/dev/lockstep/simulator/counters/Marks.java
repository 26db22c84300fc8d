package dev.lockstep.simulator.counters;

/**
 * What accesses in no order touch of one region, by 128-byte lines: which of a line's four sectors
 * the access being counted has touched, and which any has. A mark of an earlier access is told by
 * the number it carries, so that nothing has to be cleaned up behind one.
 */
final class Marks {
  /** Lines that are worth the memory: those of a gibibyte. */
  static final int MOST_LINES = 1 << 23;

  /** Lines whose sectors a word of bits holds. */
  static final int LINES_PER_WORD = 16;

  /** Bits below an access's number: four sectors that it touched, and four that any did. */
  static final int NUMBER = 8;

  static final int NOW = 15;
  static final int EVER = NOW << 4;

  /** What an access leaves of the first sector of a line, beside its number. */
  static final int SIGN = 1 << 4 | 1;

  private final int[] lines;
  private int number;

  Marks(int lines) {
    this.lines = new int[lines];
  }

  /**
   * By line: the number of the access that touched it last, what ever was, what that access did.
   */
  int[] lines() {
    return lines;
  }

  /** The number of the next access, in its place. */
  int next() {
    if (++number == 1 << (Integer.SIZE - NUMBER)) {
      for (int i = 0; i < lines.length; i++) {
        lines[i] &= EVER;
      }
      number = 1;
    }
    return number << NUMBER;
  }

  /** Adds all that was touched to a bit for each sector. */
  void addTo(long[] bits) {
    for (int i = 0; i < lines.length; i++) {
      long sectors = (lines[i] & EVER) >> 4;
      bits[i / LINES_PER_WORD] |= sectors << (4 * (i % LINES_PER_WORD));
    }
  }
}
