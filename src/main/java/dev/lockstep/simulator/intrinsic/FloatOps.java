package dev.lockstep.simulator.intrinsic;

/**
 * Single precision where PTX differs from Java: flushing, saturation, minimum and maximum, sign
 * copying. Sums, products, {@code fma.rn}, {@code div.rn} and {@code sqrt.rn} are Java's own.
 */
public final class FloatOps {
  /** The NaN that fp32 instructions produce: all bits but the sign. */
  public static final float NAN = Float.intBitsToFloat(0x7fffffff);

  private static final float SMALLEST_NORMAL = 0x1p-126f;

  private FloatOps() {}

  /** {@code value}, or the one canonical NaN when it is any NaN. */
  public static float canonical(float value) {
    return Float.isNaN(value) ? NAN : value;
  }

  /** {@code .ftz}: a subnormal becomes the zero of its sign. */
  public static float flush(float value) {
    return Math.abs(value) < SMALLEST_NORMAL ? value * 0f : value;
  }

  /** {@code .sat}: clamps to [0, 1]; NaN gives +0. */
  public static float saturate(float value) {
    return value > 0 ? Math.min(value, 1f) : 0f;
  }

  /** {@code .sat} on {@code .f64}: clamps to [0, 1]; NaN gives +0. */
  public static double saturate(double value) {
    return value > 0 ? Math.min(value, 1.0) : 0.0;
  }

  /** {@code min.f32}: the number when the other is NaN; −0 is below +0. */
  public static float min(float a, float b) {
    float smaller = Math.min(a, b);
    return Float.isNaN(smaller) ? theNumber(a, b) : smaller;
  }

  /** {@code max.f32}: the number when the other is NaN; −0 is below +0. */
  public static float max(float a, float b) {
    float larger = Math.max(a, b);
    return Float.isNaN(larger) ? theNumber(a, b) : larger;
  }

  /** {@code min.NaN.f32}: the canonical NaN when either is NaN. */
  public static float minNaN(float a, float b) {
    return canonical(Math.min(a, b));
  }

  /** {@code max.NaN.f32}: the canonical NaN when either is NaN. */
  public static float maxNaN(float a, float b) {
    return canonical(Math.max(a, b));
  }

  /** {@code min.f64}: as {@link #min(float, float)}; two NaNs give a NaN. */
  public static double min(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b);
  }

  /** {@code max.f64}: as {@link #max(float, float)}; two NaNs give a NaN. */
  public static double max(double a, double b) {
    return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
  }

  /** {@code copysign.f32 d, a, b}: the sign of <b>a</b> on the magnitude of b. */
  public static float copySign(float a, float b) {
    int bits =
        (Float.floatToRawIntBits(a) & 0x80000000) | (Float.floatToRawIntBits(b) & 0x7fffffff);
    return Float.intBitsToFloat(bits);
  }

  /** {@code copysign.f64 d, a, b}: the sign of <b>a</b> on the magnitude of b. */
  public static double copySign(double a, double b) {
    long bits =
        (Double.doubleToRawLongBits(a) & Long.MIN_VALUE)
            | (Double.doubleToRawLongBits(b) & Long.MAX_VALUE);
    return Double.longBitsToDouble(bits);
  }

  /** {@code .xorsign}: {@code value} with the sign that a·b has; a NaN stays as it is. */
  public static float xorSign(float a, float b, float value) {
    if (Float.isNaN(value)) {
      return value;
    }
    int sign = (Float.floatToRawIntBits(a) ^ Float.floatToRawIntBits(b)) & 0x80000000;
    return Float.intBitsToFloat((Float.floatToRawIntBits(value) & 0x7fffffff) | sign);
  }

  private static float theNumber(float a, float b) {
    return Float.isNaN(a) ? canonical(b) : a;
  }
}
