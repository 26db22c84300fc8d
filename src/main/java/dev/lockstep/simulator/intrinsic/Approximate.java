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

  /** ln(2)ⁿ/n!, n from 0: the next term, at |f| = ½, is 4·10⁻¹⁸ of the sum. */
  private static final double C1 = 0x1.62e42fefa39efp-1;

  private static final double C2 = 0x1.ebfbdff82c58fp-3;
  private static final double C3 = 0x1.c6b08d704a0cp-5;
  private static final double C4 = 0x1.3b2ab6fba4e77p-7;
  private static final double C5 = 0x1.5d87fe78a6731p-10;
  private static final double C6 = 0x1.430912f86c787p-13;
  private static final double C7 = 0x1.ffcbfc588b0c7p-17;
  private static final double C8 = 0x1.62c0223a5c824p-20;
  private static final double C9 = 0x1.b5253d395e7c4p-24;
  private static final double C10 = 0x1.e4cf5158b8ecap-28;
  private static final double C11 = 0x1.e8cac7351bb25p-32;
  private static final double C12 = 0x1.c3bd650fc2986p-36;
  private static final double C13 = 0x1.816193166d0f9p-40;

  private static final double LOG2_E = 0x1.71547652b82fep0;

  /** Above this a divisor makes {@code div.approx} underflow its reciprocal. */
  private static final float LARGEST_DIV_APPROX = 0x1p126f;

  private Approximate() {}

  /**
   * {@code ex2.approx.f32}: 2ᵃ. Correctly rounded unless the exact value lies within 2⁻⁵¹ of itself
   * of the middle between two floats.
   */
  public static float ex2(float a) {
    // Beyond these the result is infinite or rounds to zero; NaN passes through both.
    double x = Math.max(-160f, Math.min(a, 130f));
    double whole = Math.rint(x);
    double f = x - whole;
    double power = Math.fma(f, series(f), 1);
    // 2ᵃ is a normal double here, subnormal floats included: this scaling is exact.
    double scale = Double.longBitsToDouble(((long) whole + 1023) << 52);
    return FloatOps.canonical((float) (power * scale));
  }

  /** (2ᶠ − 1)/f for |f| ≤ ½. */
  private static double series(double f) {
    double sum = Math.fma(f, C13, C12);
    sum = Math.fma(f, sum, C11);
    sum = Math.fma(f, sum, C10);
    sum = Math.fma(f, sum, C9);
    sum = Math.fma(f, sum, C8);
    sum = Math.fma(f, sum, C7);
    sum = Math.fma(f, sum, C6);
    sum = Math.fma(f, sum, C5);
    sum = Math.fma(f, sum, C4);
    sum = Math.fma(f, sum, C3);
    sum = Math.fma(f, sum, C2);
    return Math.fma(f, sum, C1);
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

  /** {@code lg2.approx.f32}: log₂ a; a negative number gives NaN, ±0 gives −∞. */
  public static float lg2(float a) {
    if (a == 1) {
      return 0;
    }
    return FloatOps.canonical((float) (StrictMath.log(a) * LOG2_E));
  }

  /** {@code sin.approx.f32}: a in radians, any size; ±∞ gives NaN. */
  public static float sin(float a) {
    return FloatOps.canonical((float) StrictMath.sin(a));
  }

  /** {@code cos.approx.f32}: a in radians, any size; ±∞ gives NaN. */
  public static float cos(float a) {
    return FloatOps.canonical((float) StrictMath.cos(a));
  }

  /** {@code tanh.approx.f32}. */
  public static float tanh(float a) {
    return FloatOps.canonical((float) StrictMath.tanh(a));
  }

  /** {@code div.full.f32}: the quotient over the full range. */
  public static float divFull(float a, float b) {
    return FloatOps.canonical(a / b);
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
}
