package dev.lockstep.simulator.intrinsic;

/**
 * Elementary functions of numbers that a float can hold, in double precision and without branches
 * where it matters: the relative error is below 2⁻⁴⁸, so that rounding to float gives the nearest
 * float but where the exact value lies that close to the middle of two.
 *
 * <p>Java's {@code Math} gives other bits on other machines and {@code StrictMath} takes three
 * times as long.
 */
final class Elementary {
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

  /** 2/((2n+1)·ln 2), n from 0: log₂ in the powers of (m − 1)/(m + 1). */
  private static final double L0 = 2.885390081777926814719849362003784;

  private static final double L1 = L0 / 3;
  private static final double L2 = L0 / 5;
  private static final double L3 = L0 / 7;
  private static final double L4 = L0 / 9;
  private static final double L5 = L0 / 11;
  private static final double L6 = L0 / 13;
  private static final double L7 = L0 / 15;
  private static final double L8 = L0 / 17;
  private static final double L9 = L0 / 19;
  private static final double L10 = L0 / 21;

  /** √½: fractions are taken from here to √2, where the logarithm is smallest. */
  private static final long HALF_ROOT = 0x3fe6_a09e_667f_3bcdL;

  private static final double TWO_OVER_PI = 0x1.45f306dc9c883p-1;

  /** π/2 in three parts of 53 bits. */
  private static final double PI_1 = 0x1.921fb54442d18p0;

  private static final double PI_2 = 0x1.1a62633145c07p-54;
  private static final double PI_3 = -0x1.f1976b7ed8fbcp-110;

  /** Up to here three parts of π/2 are enough. */
  private static final double LARGEST_REDUCED = 0x1p20;

  private Elementary() {}

  /** 2ᵃ. */
  static double exp2(float a) {
    // Beyond these a float is infinite or rounds to zero; NaN passes through both.
    double x = Math.max(-160f, Math.min(a, 130f));
    double whole = Math.rint(x);
    double f = x - whole;
    // Subnormal floats are normal doubles, so that this scaling is exact.
    return Math.fma(f, series(f), 1) * power(whole);
  }

  /** log₂ a. */
  static double log2(float a) {
    double x = a;
    long bits = Double.doubleToRawLongBits(x);
    long exponent = (bits - HALF_ROOT) >> 52;
    double m = Double.longBitsToDouble(bits - (exponent << 52));
    double s = (m - 1) / (m + 1);
    double q = s * s;
    double sum = Math.fma(q, L10, L9);
    sum = Math.fma(q, sum, L8);
    sum = Math.fma(q, sum, L7);
    sum = Math.fma(q, sum, L6);
    sum = Math.fma(q, sum, L5);
    sum = Math.fma(q, sum, L4);
    sum = Math.fma(q, sum, L3);
    sum = Math.fma(q, sum, L2);
    sum = Math.fma(q, sum, L1);
    sum = Math.fma(q, sum, L0);
    double log = Math.fma(s, sum, exponent);
    if (x > 0 && x < Double.POSITIVE_INFINITY) {
      return log;
    }
    return x == 0 ? Double.NEGATIVE_INFINITY : x > 0 ? x : Double.NaN;
  }

  /** tanh a: (e²ᵃ − 1)/(e²ᵃ + 1), of the magnitude and with a's sign. */
  static double tanh(float a) {
    // From 20 on the nearest double is 1.
    double x = Math.min(Math.abs(a), 20f);
    double t = x * (2 * LOG2_E);
    double whole = Math.rint(t);
    double f = t - whole;
    double scale = power(whole);
    double power = Math.fma(scale, f * series(f), scale - 1);
    return Math.copySign(power / (power + 2), a);
  }

  /** sin a, a in radians. */
  static double sin(float a) {
    if (!(Math.abs(a) <= LARGEST_REDUCED)) {
      return StrictMath.sin(a);
    }
    double quarter = Math.rint(a * TWO_OVER_PI);
    double value = quadrant(reduced(a, quarter), (int) quarter);
    return a == 0 ? a : value;
  }

  /** cos a, a in radians. */
  static double cos(float a) {
    if (!(Math.abs(a) <= LARGEST_REDUCED)) {
      return StrictMath.cos(a);
    }
    double quarter = Math.rint(a * TWO_OVER_PI);
    return quadrant(reduced(a, quarter), (int) quarter + 1);
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

  private static double power(double whole) {
    return Double.longBitsToDouble(((long) whole + 1023) << 52);
  }

  private static double reduced(double a, double quarter) {
    double r = Math.fma(-quarter, PI_1, a);
    r = Math.fma(-quarter, PI_2, r);
    return Math.fma(-quarter, PI_3, r);
  }

  /** sin(r + n·π/2) for |r| ≤ π/4, by Taylor's series. */
  private static double quadrant(double r, int n) {
    double q = r * r;
    double value = (n & 1) == 0 ? sine(r, q) : cosine(q);
    return (n & 2) == 0 ? value : -value;
  }

  private static double sine(double r, double q) {
    double sum = Math.fma(q, 1 / 355687428096000.0, -1 / 1307674368000.0);
    sum = Math.fma(q, sum, 1 / 6227020800.0);
    sum = Math.fma(q, sum, -1 / 39916800.0);
    sum = Math.fma(q, sum, 1 / 362880.0);
    sum = Math.fma(q, sum, -1 / 5040.0);
    sum = Math.fma(q, sum, 1 / 120.0);
    sum = Math.fma(q, sum, -1 / 6.0);
    return Math.fma(r * q, sum, r);
  }

  private static double cosine(double q) {
    double sum = Math.fma(q, -1 / 6402373705728000.0, 1 / 20922789888000.0);
    sum = Math.fma(q, sum, -1 / 87178291200.0);
    sum = Math.fma(q, sum, 1 / 479001600.0);
    sum = Math.fma(q, sum, -1 / 3628800.0);
    sum = Math.fma(q, sum, 1 / 40320.0);
    sum = Math.fma(q, sum, -1 / 720.0);
    sum = Math.fma(q, sum, 1 / 24.0);
    sum = Math.fma(q, sum, -0.5);
    return Math.fma(q, sum, 1);
  }
}
