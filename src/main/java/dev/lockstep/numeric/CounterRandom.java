package dev.lockstep.numeric;

/**
 * Random numbers as a function of a key and an index, with no state: the number of a given index is
 * the same whoever asks first, so batches can be drawn out of order, again, or after a restart.
 *
 * <p>The function is SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA 2014) read at a counter: {@code mix(key + (index + 1) · γ)}. Every method is
 * exact integer arithmetic or {@link StrictMath}, so that a seed means the same bits on any
 * machine.
 */
public record CounterRandom(long key) {
  /** 2⁶⁴ divided by the golden ratio, odd: the step of the Weyl sequence. */
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private static final double TWO_TO_MINUS_53 = 0x1p-53;

  /** The numbers of a seed. */
  public static CounterRandom of(long seed) {
    return new CounterRandom(mix(seed + GAMMA));
  }

  /** An independent sequence for part {@code index} of whatever this one is for. */
  public CounterRandom child(long index) {
    return new CounterRandom(mix(bits(index) ^ 0x5851f42d4c957f2dL));
  }

  /** An independent sequence for the thing of that name. */
  public CounterRandom child(String name) {
    long hash = 0xcbf29ce484222325L; // FNV-1a, 64 bits
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return child(hash);
  }

  /** 64 random bits. */
  public long bits(long index) {
    return mix(key + (index + 1) * GAMMA);
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  public double uniform(long index) {
    return (bits(index) >>> 11) * TWO_TO_MINUS_53;
  }

  /**
   * Uniform in [0, bound): the upper half of a 128-bit product, whose bias is below bound / 2⁶⁴.
   *
   * @throws IllegalArgumentException when {@code bound} is not positive
   */
  public long below(long bound, long index) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound " + bound + " must be positive");
    }
    return Math.unsignedMultiplyHigh(bits(index), bound);
  }

  /** The numbers from 0 to below {@code count}, each once, all orders alike (Fisher and Yates). */
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = (int) below(i + 1L, i);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /** Standard normal (Box and Muller 1958, the cosine branch). */
  public double gaussian(long index) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform(2 * index)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(2 * index + 1));
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
