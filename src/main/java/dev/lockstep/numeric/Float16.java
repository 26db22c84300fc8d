package dev.lockstep.numeric;

/** IEEE binary16 as raw bits in a {@code short}: conversions round to nearest, ties to even. */
public final class Float16 {
  private static final short QUIET_NAN = 0x7fff;

  private Float16() {}

  /** Exact: every binary16 is a float. */
  public static float toFloat(short bits) {
    return Float.float16ToFloat(bits);
  }

  /** The nearest binary16; NaN becomes the canonical 0x7fff, as {@code cvt.rn.f16.f32} does. */
  public static short fromFloat(float value) {
    return Float.isNaN(value) ? QUIET_NAN : Float.floatToFloat16(value);
  }

  /** The nearest binary16, rounded once, straight from the double. */
  public static short fromDouble(double value) {
    return fromFloat(BFloat16.roundToOdd(value));
  }
}
