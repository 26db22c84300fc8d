package dev.lockstep.simulator.intrinsic;

/** {@code cvt} to {@code .tf32}: a float whose low 13 bits are zero, in three roundings. */
public enum Tf32 {
  /** {@code .rn}. */
  TIES_TO_EVEN,
  /** {@code .rz}. */
  TOWARD_ZERO,
  /** {@code .rna}: ties away from zero. */
  TIES_AWAY;

  private static final int DROPPED = 0x1fff;
  private static final int INFINITY = 0x7f800000;

  /**
   * The bits of the result. NaN becomes the canonical NaN, cut to the format.
   *
   * @param relu whether negative numbers become +0
   * @param finite whether infinities become the largest number of their sign
   */
  public int round(float value, boolean relu, boolean finite) {
    if (Float.isNaN(value)) {
      return Float.floatToRawIntBits(FloatOps.NAN) & ~DROPPED;
    }
    int bits = Float.floatToRawIntBits(value);
    if (relu && bits < 0) {
      return 0;
    }
    int carry =
        switch (this) {
          case TIES_TO_EVEN -> 0xfff + (bits >>> 13 & 1);
          case TOWARD_ZERO -> 0;
          case TIES_AWAY -> 0x1000;
        };
    // An infinity has no bits below that a carry could come from.
    int rounded = (bits + carry) & ~DROPPED;
    return finite && (rounded & 0x7fffffff) == INFINITY ? rounded - DROPPED - 1 : rounded;
  }
}
