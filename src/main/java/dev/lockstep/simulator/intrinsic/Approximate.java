package dev.lockstep.simulator.intrinsic;

/**
 * The {@code .approx} and {@code .full} instructions in fp32.
 *
 * <p>Hardware is allowed an error here and no two generations need agree; these return the double
 * result rounded once, which lies inside every documented bound: 1 ulp for rcp, 2 for ex2 and div,
 * relative 2⁻²³ for sqrt and 2⁻²²·⁹ for rsqrt, absolute 2⁻²² for lg2 in (0.5, 2), 2⁻²⁰·⁵ for sin
 * and cos in [−2π, 2π], relative 2⁻¹¹ for tanh. They never promise the bits of a GPU, and they give
 * the same bits on every machine.
 *
 * <p>{@code .ftz} is {@link FloatOps#flush} on operands and result; every NaN is canonical. The
 * forms that take arrays work on all 32 lanes of a register at once; d may be a.
 */
public final class Approximate {
  private static final int LANES = 32;

  private static final long UPPER_WORD = 0xffff_ffff_0000_0000L;

  private static final long CANONICAL_NAN_UPPER = 0x7fff_ffff_0000_0000L;

  /** Above this a divisor makes {@code div.approx} underflow its reciprocal. */
  private static final float LARGEST_DIV_APPROX = 0x1p126f;

  private Approximate() {}

  /**
   * {@code ex2.approx.f32}: 2ᵃ. Correctly rounded unless the exact value lies within 2⁻⁵¹ of itself
   * of the middle between two floats.
   */
  public static float ex2(float a) {
    return FloatOps.canonical((float) Elementary.exp2(a));
  }

  /** {@link #ex2(float)} on 32 lanes. */
  public static void ex2(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = ex2(a[lane]);
    }
  }

  /** {@code ex2.approx.ftz.f32} on 32 lanes. */
  public static void ex2Ftz(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      // A subnormal operand gives 1 with or without flushing.
      d[lane] = FloatOps.flush(ex2(a[lane]));
    }
  }

  /** {@code rcp.approx.f32}: 1/a. */
  public static float rcp(float a) {
    return FloatOps.canonical(1f / a);
  }

  /** {@link #rcp(float)} on 32 lanes. */
  public static void rcp(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = rcp(a[lane]);
    }
  }

  /** {@code rcp.approx.ftz.f32} on 32 lanes. */
  public static void rcpFtz(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = FloatOps.flush(rcp(FloatOps.flush(a[lane])));
    }
  }

  /** {@code rsqrt.approx.f32}: 1/√a; a negative number gives NaN, ±0 the infinity of its sign. */
  public static float rsqrt(float a) {
    return FloatOps.canonical((float) (1 / Math.sqrt(a)));
  }

  /** {@link #rsqrt(float)} on 32 lanes. */
  public static void rsqrt(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = rsqrt(a[lane]);
    }
  }

  /** {@code rsqrt.approx.ftz.f32} on 32 lanes; no result is subnormal. */
  public static void rsqrtFtz(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = rsqrt(FloatOps.flush(a[lane]));
    }
  }

  /** {@code sqrt.approx.f32}: √a; a negative number gives NaN, −0 gives −0. */
  public static float sqrt(float a) {
    return FloatOps.canonical((float) Math.sqrt(a));
  }

  /** {@link #sqrt(float)} on 32 lanes. */
  public static void sqrt(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = sqrt(a[lane]);
    }
  }

  /** {@code lg2.approx.f32}: log₂ a; a negative number gives NaN, ±0 gives −∞. */
  public static float lg2(float a) {
    return FloatOps.canonical((float) Elementary.log2(a));
  }

  /** {@link #lg2(float)} on 32 lanes. */
  public static void lg2(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = lg2(a[lane]);
    }
  }

  /** {@code sin.approx.f32}: a in radians, any size; ±∞ gives NaN. */
  public static float sin(float a) {
    return FloatOps.canonical((float) Elementary.sin(a));
  }

  /** {@link #sin(float)} on 32 lanes. */
  public static void sin(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = sin(a[lane]);
    }
  }

  /** {@code cos.approx.f32}: a in radians, any size; ±∞ gives NaN. */
  public static float cos(float a) {
    return FloatOps.canonical((float) Elementary.cos(a));
  }

  /** {@link #cos(float)} on 32 lanes. */
  public static void cos(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = cos(a[lane]);
    }
  }

  /** {@code tanh.approx.f32}. */
  public static float tanh(float a) {
    return FloatOps.canonical((float) Elementary.tanh(a));
  }

  /** {@link #tanh(float)} on 32 lanes. */
  public static void tanh(float[] d, float[] a) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = tanh(a[lane]);
    }
  }

  /** {@code div.full.f32}: the quotient over the full range. */
  public static float divFull(float a, float b) {
    return FloatOps.canonical(a / b);
  }

  /** {@link #divFull(float, float)} on 32 lanes. */
  public static void divFull(float[] d, float[] a, float[] b) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = divFull(a[lane], b[lane]);
    }
  }

  /**
   * {@code div.approx.f32}: the quotient for |b| up to 2¹²⁶. Between 2¹²⁶ and 2¹²⁸ the manual has
   * the reciprocal flushed: the result is the zero of the quotient's sign, or NaN when a is
   * infinite.
   */
  public static float divApprox(float a, float b) {
    float magnitude = Math.abs(b);
    if (magnitude > LARGEST_DIV_APPROX && magnitude < Float.POSITIVE_INFINITY) {
      return FloatOps.canonical(a * Math.copySign(0f, b));
    }
    return FloatOps.canonical(a / b);
  }

  /** {@link #divApprox(float, float)} on 32 lanes. */
  public static void divApprox(float[] d, float[] a, float[] b) {
    for (int lane = 0; lane < LANES; lane++) {
      d[lane] = divApprox(a[lane], b[lane]);
    }
  }

  /**
   * {@code rcp.approx.ftz.f64}: of the upper 32 bits of a, to the nearest number whose lower 32
   * bits are zero. NaN becomes canonical; subnormal numbers are zeros of their sign.
   */
  public static double rcpUpper(double a) {
    return upperHalf(1 / upperOperand(a));
  }

  /** {@code rsqrt.approx.ftz.f64}, in the manner of {@link #rcpUpper}. */
  public static double rsqrtUpper(double a) {
    double operand = upperOperand(a);
    return upperHalf(operand == 0 ? 1 / operand : 1 / Math.sqrt(operand));
  }

  /** {@code rsqrt.approx.f64}: two roundings; ±0 gives the infinity of its sign. */
  public static double rsqrt(double a) {
    return 1 / Math.sqrt(a);
  }

  /** 2ᵃ before it is rounded; a must be a float. */
  public static double exactEx2(double a) {
    return Elementary.exp2((float) a);
  }

  /** log₂ a before it is rounded; a must be a float. */
  public static double exactLg2(double a) {
    return Elementary.log2((float) a);
  }

  /** sin a before it is rounded; a must be a float. */
  public static double exactSin(double a) {
    return Elementary.sin((float) a);
  }

  /** cos a before it is rounded; a must be a float. */
  public static double exactCos(double a) {
    return Elementary.cos((float) a);
  }

  /** tanh a before it is rounded; a must be a float. */
  public static double exactTanh(double a) {
    return Elementary.tanh((float) a);
  }

  private static double upperOperand(double a) {
    double upper = Double.longBitsToDouble(Double.doubleToRawLongBits(a) & UPPER_WORD);
    if (Double.isNaN(a)) {
      return a;
    }
    return Math.abs(upper) < Double.MIN_NORMAL ? Math.copySign(0.0, upper) : upper;
  }

  private static double upperHalf(double value) {
    if (Double.isNaN(value)) {
      return Double.longBitsToDouble(CANONICAL_NAN_UPPER);
    }
    if (Math.abs(value) < Double.MIN_NORMAL) {
      return Math.copySign(0.0, value);
    }
    long bits = Double.doubleToRawLongBits(value);
    // To nearest, ties to even; infinity has no bits to round.
    long rounded = bits + 0x7fff_ffffL + (bits >>> 32 & 1);
    return Double.longBitsToDouble(rounded & UPPER_WORD);
  }
}
