package dev.lockstep.simulator.execution;

/**
 * Copies the lanes of a mask between registers. Most masks are a run of lanes or two, which are
 * copied as such; of others, lane after lane.
 */
final class Masked {
  private static final int FEW_RUNS = 4;

  private Masked() {}

  /** Between registers of one file, one of the constants of {@link Slot}. */
  static void copy(int file, Object from, Object to, int mask) {
    switch (file) {
      case Slot.FLOATS -> copy((float[]) from, (float[]) to, mask);
      case Slot.INTS -> copy((int[]) from, (int[]) to, mask);
      case Slot.LONGS -> copy((long[]) from, (long[]) to, mask);
      default -> copy((double[]) from, (double[]) to, mask);
    }
  }

  private static boolean hasFewRuns(int mask) {
    return Integer.bitCount(mask & ~(mask << 1)) <= FEW_RUNS;
  }

  /** Length of the run that begins at the lowest lane of a mask. */
  private static int run(int mask) {
    return Integer.numberOfTrailingZeros(~(mask >>> Integer.numberOfTrailingZeros(mask)));
  }

  /** The mask without the run that begins at its lowest lane. */
  private static int withoutRun(int mask) {
    return mask & (mask + Integer.lowestOneBit(mask));
  }

  static void copy(float[] from, float[] to, int mask) {
    if (hasFewRuns(mask)) {
      for (int rest = mask; rest != 0; rest = withoutRun(rest)) {
        int first = Integer.numberOfTrailingZeros(rest);
        System.arraycopy(from, first, to, first, run(rest));
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = from[lane];
    }
  }

  static void copy(int[] from, int[] to, int mask) {
    if (hasFewRuns(mask)) {
      for (int rest = mask; rest != 0; rest = withoutRun(rest)) {
        int first = Integer.numberOfTrailingZeros(rest);
        System.arraycopy(from, first, to, first, run(rest));
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = from[lane];
    }
  }

  static void copy(long[] from, long[] to, int mask) {
    if (hasFewRuns(mask)) {
      for (int rest = mask; rest != 0; rest = withoutRun(rest)) {
        int first = Integer.numberOfTrailingZeros(rest);
        System.arraycopy(from, first, to, first, run(rest));
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = from[lane];
    }
  }

  static void copy(double[] from, double[] to, int mask) {
    if (hasFewRuns(mask)) {
      for (int rest = mask; rest != 0; rest = withoutRun(rest)) {
        int first = Integer.numberOfTrailingZeros(rest);
        System.arraycopy(from, first, to, first, run(rest));
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = from[lane];
    }
  }
}
