package dev.lockstep.simulator.execution;

/**
 * Draws who goes next in a block whose order is random. Each block has a sequence of its own, which
 * depends on the seed and on its place in the grid alone: SplitMix64 (G. Steele, D. Lea and C.
 * Flood, "Fast splittable pseudorandom number generators", 2014).
 */
final class Draw {
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  /** Turns last up to two to the power of this; short ones are as frequent as long ones. */
  private static final int LONGEST = 11;

  private final long seed;
  private long state;

  Draw(long seed) {
    this.seed = mix(seed);
  }

  /** Begins the sequence of a block. */
  void start(long block) {
    state = seed ^ mix(block + GOLDEN);
  }

  /** A number from 0 up to but not including {@code bound}. */
  int below(int bound) {
    state += GOLDEN;
    return (int) ((mix(state) >>> 32) * bound >>> 32);
  }

  /** For how many instructions a warp may go on. */
  int turn() {
    return 1 + below(1 << below(LONGEST + 1));
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
    return z ^ z >>> 31;
  }
}
