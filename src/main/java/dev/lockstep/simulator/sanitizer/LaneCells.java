package dev.lockstep.simulator.sanitizer;

/**
 * The cells that lanes access, as bits by the last six bits of their numbers: two sets without a
 * bit in common have no cell in common. Within 64 cells, as lanes that exchange words mostly are,
 * that says it all.
 */
final class LaneCells {
  private LaneCells() {}

  /**
   * Of lanes whose offsets are in {@code at} from {@code base} on.
   *
   * @param shift by which offsets are cells
   */
  static long of(int[] at, int base, int lanes, int size, int shift) {
    int each = size >>> shift;
    long one = each >= 64 ? -1 : (1L << each) - 1;
    long cells = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      cells |= Long.rotateLeft(one, at[base + lane] >>> shift);
    }
    return cells;
  }

  /** Whether cells are so many that no two of the lanes they are of have one in common. */
  static boolean areApart(long cells, int lanes, int size, int shift) {
    return Long.bitCount(cells) == Integer.bitCount(lanes) * (size >>> shift);
  }
}
