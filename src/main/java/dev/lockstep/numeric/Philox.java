package dev.lockstep.numeric;

/**
 * The random numbers dropout kernels draw, as a function of a counter and a key, with no state:
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011). The twin of {@code philox.cuh}.
 *
 * @param key its lower half is the cipher's first word
 */
public record Philox(long key) {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xd2511f53L;
  private static final long MULTIPLIER_2 = 0xcd9e8d57L;
  private static final int WEYL_0 = 0x9e3779b9;
  private static final int WEYL_1 = 0xbb67ae85;

  /** Words one counter gives. */
  public static final int WORDS = 4;

  /**
   * Four words of 32 random bits.
   *
   * @param low lower half of the counter of 128 bits
   * @param high its upper half
   */
  public int[] words(long low, long high) {
    int c0 = (int) low;
    int c1 = (int) (low >>> 32);
    int c2 = (int) high;
    int c3 = (int) (high >>> 32);
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long even = MULTIPLIER_0 * Integer.toUnsignedLong(c0);
      long odd = MULTIPLIER_2 * Integer.toUnsignedLong(c2);
      c0 = (int) (odd >>> 32) ^ c1 ^ k0;
      c1 = (int) odd;
      c2 = (int) (even >>> 32) ^ c3 ^ k1;
      c3 = (int) even;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    return new int[] {c0, c1, c2, c3};
  }

  /** The word of element {@code index} of a sequence: four neighbours share a counter. */
  public int word(long index, long sequence) {
    return words(index / WORDS, sequence)[(int) (index % WORDS)];
  }
}
