package dev.lockstep.simulator.intrinsic;

/**
 * fp32 arithmetic in any {@link Rounding}: {@code add mul fma div sqrt rcp} with {@code .rz .rm
 * .rp}. Each is computed to 53 bits rounded to odd, then rounded once to 24.
 */
public final class DirectedRounding {
  private DirectedRounding() {}

  /** {@code add.{rn,rz,rm,rp}.f32}; subtraction adds the negated operand. */
  public static float add(float a, float b, Rounding rounding) {
    return finish(ExactSum.toOdd(a, b), a, b, rounding);
  }

  /** {@code mul.{rn,rz,rm,rp}.f32}. */
  public static float mul(float a, float b, Rounding rounding) {
    return Conversions.toFloat((double) a * b, rounding);
  }

  /** {@code fma.{rn,rz,rm,rp}.f32}: a·b + c, rounded once. */
  public static float fma(float a, float b, float c, Rounding rounding) {
    double product = (double) a * b;
    double sum = product + c;
    float near = (float) sum;
    if (near == 0 || !Float.isFinite(near) || rounding == Rounding.NEAREST) {
      return finish(ExactSum.toOdd(product, c), product, c, rounding);
    }
    // What the sum lost, exactly (D. Knuth, "The Art of Computer Programming" 2, 4.2.2, theorem B),
    // counts only where the float is the sum: anything else lies further away.
    double part = sum - product;
    double lost = (product - (sum - part)) + (c - part);
    double beyond = sum == near ? lost : sum - near;
    return step(near, beyond, rounding);
  }

  /** The float next to {@code near} if the exact value, {@code beyond} it, rounds there. */
  private static float step(float near, double beyond, Rounding rounding) {
    boolean up = rounding == Rounding.UP || rounding == Rounding.ZERO && near < 0;
    if (up) {
      return beyond > 0 ? Math.nextUp(near) : near;
    }
    return beyond < 0 ? Math.nextDown(near) : near;
  }

  /** {@code div.{rn,rz,rm,rp}.f32}; {@code rcp} divides 1. */
  public static float div(float a, float b, Rounding rounding) {
    double quotient = (double) a / b;
    if (Double.isInfinite(quotient) || Double.isNaN(quotient) || Float.isInfinite(b)) {
      return Conversions.toFloat(quotient, rounding);
    }
    // Exact, because a quotient of floats is nowhere near the limits of double.
    double remainder = Math.fma(-quotient, b, a);
    double error = b < 0 ? -remainder : remainder;
    return Conversions.toFloat(ExactSum.oddFrom(quotient, error), rounding);
  }

  /** {@code sqrt.{rn,rz,rm,rp}.f32}; negative numbers give NaN, −0 gives −0. */
  public static float sqrt(float a, Rounding rounding) {
    double root = Math.sqrt(a);
    if (!(root > 0) || Double.isInfinite(root)) {
      return Conversions.toFloat(root, rounding);
    }
    return Conversions.toFloat(ExactSum.oddFrom(root, Math.fma(-root, root, a)), rounding);
  }

  /** An exact zero from unlike terms is −0 when rounding down, +0 otherwise. */
  private static float finish(double odd, double a, double b, Rounding rounding) {
    if (odd == 0 && rounding == Rounding.DOWN && !isPositiveZero(a, b)) {
      return -0f;
    }
    return Conversions.toFloat(odd, rounding);
  }

  private static boolean isPositiveZero(double a, double b) {
    return Double.doubleToRawLongBits(a) == 0 && Double.doubleToRawLongBits(b) == 0;
  }
}
