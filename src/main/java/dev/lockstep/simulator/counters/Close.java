package dev.lockstep.simulator.counters;

/**
 * Counts accesses in no order that lie close together, as those to small tables do: a bit for each
 * element of a block tells all.
 */
final class Close {
  /** Elements of a block, as a power of two. */
  private static final int BLOCK = 8;

  /** Sectors of the largest block, as a power of two. */
  private static final int SECTORS = 6;

  private static final int WORDS = (1 << BLOCK) / Long.SIZE;

  /** The first bit of each group, by how many bits there are in one, as a power of two. */
  private static final long[] FIRST = {
    -1L,
    0x5555_5555_5555_5555L,
    0x1111_1111_1111_1111L,
    0x0101_0101_0101_0101L,
    0x0001_0001_0001_0001L,
    0x0000_0001_0000_0001L
  };

  /** Two bits for each element, as lanes that set neighbouring bits have to wait for each other. */
  private final long[] even = new long[WORDS];

  private final long[] odd = new long[WORDS];

  /** What was found: a bit for each sector of the block, and how many elements. */
  private long sectors;

  private int elements;

  /**
   * Whether offsets that differ in these bits are close enough.
   *
   * @param unit bytes of an element, as a power of two
   */
  static boolean covers(int differences, int unit) {
    return differences >>> BLOCK + unit == 0 && BLOCK + unit - Footprint.SECTOR <= SECTORS;
  }

  /** Counts what is at some offsets, an even number of them. */
  void count(int[] offsets, int unit) {
    long[] first = even;
    long[] second = odd;
    for (int i = 0; i < offsets.length; i += 2) {
      int a = offsets[i] >>> unit;
      int b = offsets[i + 1] >>> unit;
      first[a >>> 6 & WORDS - 1] |= 1L << a;
      second[b >>> 6 & WORDS - 1] |= 1L << b;
    }
    int inSector = Footprint.SECTOR - unit;
    long found = 0;
    int different = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
      long bits = first[i] | second[i];
      first[i] = 0;
      second[i] = 0;
      different += Long.bitCount(bits);
      found = found << (Long.SIZE >> inSector) | anyOf(bits, inSector);
    }
    sectors = found;
    elements = different;
  }

  /**
   * A bit for each group of bits of which one is set.
   *
   * @param group how many bits, as a power of two
   */
  private static long anyOf(long bits, int group) {
    long any = bits;
    for (int half = 1 << group >> 1; half > 0; half >>= 1) {
      any |= any >>> half;
    }
    return Long.compress(any, FIRST[group]);
  }

  /** How many sectors. */
  int sectors() {
    return Long.bitCount(sectors);
  }

  /** How many lines. */
  int lines() {
    return Long.bitCount(anyOf(sectors, Footprint.LINE - Footprint.SECTOR));
  }

  /** How many different elements. */
  int elements() {
    return elements;
  }
}
