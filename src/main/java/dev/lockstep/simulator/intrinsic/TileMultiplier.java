package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;

/**
 * Many {@code mma.m16n8k16} that share factors, with the bits of {@link TensorCore#m16n8k16}: each
 * factor is unpacked once, into a form that is the implementation's own and lets it multiply
 * without moving accumulators between lanes.
 */
public interface TileMultiplier {
  /** Room for an unpacked A. */
  int A_FLOATS = 16 * 64;

  /** Room for an unpacked B. */
  int B_FLOATS = 16 * 64;

  /** Unpacks a register of A: {@code a0} to {@code a3} are number 0 to 3. */
  void unpackA(DType input, int[] register, int number, float[] to, int at);

  /** Unpacks a register of B: {@code b0} or {@code b1}. */
  void unpackB(DType input, int[] register, int number, float[] to, int at);

  /**
   * Sums of eight rows: D = A·B + C for c0 and c1, or c2 and c3.
   *
   * @param fromA where A starts
   * @param half 0 for c0 and c1, 1 for c2 and c3
   * @param dEven may be the same as cEven, not as cOdd; and dOdd accordingly
   */
  void multiply(
      float[] a,
      int fromA,
      int half,
      float[] b,
      int fromB,
      float[] cEven,
      float[] cOdd,
      float[] dEven,
      float[] dOdd);

  /** The fastest implementation this virtual machine can run; chosen once. */
  static TileMultiplier best() {
    return TensorCoreChoice.TILES;
  }
}
