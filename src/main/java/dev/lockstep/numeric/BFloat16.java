package dev.lockstep.numeric;

/** bfloat16 as raw bits in a {@code short}: conversions round to nearest, ties to even. */
public final class BFloat16 {
  private static final int QUIET_NAN = 0x7fff;

  private BFloat16() {}

  /** Exact: every bfloat16 is a float. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest bfloat16; NaN becomes the canonical 0x7fff, as {@code cvt.rn.bf16.f32} does. */
  public static short fromFloat(float value) {
    if (Float.isNaN(value)) {
      return QUIET_NAN;
    }
    int bits = Float.floatToRawIntBits(value);
    int roundingBias = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + roundingBias) >>> 16);
  }

  /** The nearest bfloat16, rounded once, straight from the double. */
  public static short fromDouble(double value) {
    return fromFloat(roundToOdd(value));
  }

  /**
   * A float that rounds to any narrower type as the double itself would: when the conversion is
   * inexact the last bit is set (round to odd), so no tie is invented by rounding twice.
   */
  static float roundToOdd(double value) {
    float nearest = (float) value;
    if (Double.isNaN(value) || nearest == value) {
      return nearest;
    }
    // Truncate toward zero, then set the last bit.
    float truncated =
        Math.abs((double) nearest) > Math.abs(value)
            ? Float.intBitsToFloat(Float.floatToRawIntBits(nearest) - 1)
            : nearest;
    return Float.intBitsToFloat(Float.floatToRawIntBits(truncated) | 1);
  }
}
