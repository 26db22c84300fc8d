package dev.lockstep.simulator.intrinsic;

import java.math.BigDecimal;

/**
 * fp64 arithmetic with {@code .rz .rm .rp}: the result to nearest, moved by one step where the
 * exact value lies on the wrong side of it. On which side it lies tells the error of the result,
 * which is itself a double as long as no exponent is extreme (T. Dekker, "A floating-point
 * technique for extending the available precision", 1971); else all is computed in full.
 */
public final class DirectedDouble {
  /** Between this and its reciprocal no product, quotient or error of one is out of range. */
  private static final double LARGE = 0x1p400;

  private DirectedDouble() {}

  /** {@code add.{rz,rm,rp}.f64}; subtraction adds the negated operand. */
  public static double add(double a, double b, Rounding rounding) {
    double nearest = a + b;
    if (areMiddling(a, b) && nearest != 0) {
      return moved(nearest, (int) Math.signum(sumError(a, b, nearest)), rounding);
    }
    if (!areFinite(a, b)) {
      return nearest;
    }
    return sum(nearest, new BigDecimal(a).add(new BigDecimal(b)), a, b, rounding);
  }

  /** {@code mul.{rz,rm,rp}.f64}. */
  public static double mul(double a, double b, Rounding rounding) {
    double nearest = a * b;
    if (areMiddling(a, b)) {
      return moved(nearest, (int) Math.signum(Math.fma(a, b, -nearest)), rounding);
    }
    if (!areFinite(a, b)) {
      return nearest;
    }
    return moved(nearest, new BigDecimal(a).multiply(new BigDecimal(b)), rounding);
  }

  /** {@code fma.{rz,rm,rp}.f64}: a·b + c, rounded once. */
  public static double fma(double a, double b, double c, Rounding rounding) {
    double nearest = Math.fma(a, b, c);
    if (nearest != 0 && areMiddling(a, b) && areMiddling(c, c)) {
      return moved(nearest, (int) Math.signum(fmaError(a, b, c, nearest)), rounding);
    }
    if (!areFinite(a, b) || !Double.isFinite(c)) {
      return nearest;
    }
    BigDecimal product = new BigDecimal(a).multiply(new BigDecimal(b));
    // Only the sign of the product matters for a zero sum, and a·b keeps it.
    return sum(nearest, product.add(new BigDecimal(c)), a * b, c, rounding);
  }

  /**
   * What a·b + c exceeds its nearest by, rounded: three doubles make up the exact value (S. Boldo
   * and J.-M. Muller, "Exact and approximated error of the FMA", 2011).
   */
  private static double fmaError(double a, double b, double c, double nearest) {
    double product = a * b;
    double rest = Math.fma(a, b, -product);
    double low = c + rest;
    double lowError = sumError(c, rest, low);
    double high = product + low;
    double highError = sumError(product, low, high);
    return high - nearest + highError + lowError;
  }

  /** What a + b exceeds its nearest by, exact. */
  private static double sumError(double a, double b, double nearest) {
    double part = nearest - a;
    return a - (nearest - part) + (b - part);
  }

  /** {@code div.{rz,rm,rp}.f64}; {@code rcp} divides 1. */
  public static double div(double a, double b, Rounding rounding) {
    double nearest = a / b;
    if (areMiddling(a, b)) {
      double rest = Math.fma(-nearest, b, a);
      return moved(nearest, (int) (Math.signum(rest) * Math.signum(b)), rounding);
    }
    if (!areFinite(a, b) || b == 0) {
      return nearest;
    }
    double kept = finite(nearest);
    int side = new BigDecimal(a).compareTo(new BigDecimal(kept).multiply(new BigDecimal(b)));
    return moved(nearest, kept == nearest ? (b < 0 ? -side : side) : overflow(nearest), rounding);
  }

  /** {@code sqrt.{rz,rm,rp}.f64}; negative numbers give NaN, −0 gives −0. */
  public static double sqrt(double a, Rounding rounding) {
    double nearest = Math.sqrt(a);
    if (nearest > 0 && areMiddling(a, a)) {
      return moved(nearest, (int) Math.signum(Math.fma(-nearest, nearest, a)), rounding);
    }
    if (!(nearest > 0) || Double.isInfinite(nearest)) {
      return nearest;
    }
    BigDecimal root = new BigDecimal(nearest);
    return moved(nearest, new BigDecimal(a).compareTo(root.multiply(root)), rounding);
  }

  /** An exact zero from unlike terms is −0 when rounding down, +0 otherwise. */
  private static double sum(
      double nearest, BigDecimal exact, double a, double b, Rounding rounding) {
    if (exact.signum() == 0) {
      boolean positiveZeros =
          Double.doubleToRawLongBits(a) == 0 && Double.doubleToRawLongBits(b) == 0;
      return rounding == Rounding.DOWN && !positiveZeros ? -0.0 : nearest;
    }
    return moved(nearest, exact, rounding);
  }

  private static double moved(double nearest, BigDecimal exact, Rounding rounding) {
    int side =
        Double.isInfinite(nearest) ? overflow(nearest) : exact.compareTo(new BigDecimal(nearest));
    return moved(nearest, side, rounding);
  }

  /**
   * @param side on which side of {@code nearest} the exact value lies: −1 below, 0 on it, 1 above
   */
  private static double moved(double nearest, int side, Rounding rounding) {
    boolean down =
        side < 0 && (rounding == Rounding.DOWN || rounding == Rounding.ZERO && nearest > 0);
    boolean up = side > 0 && (rounding == Rounding.UP || rounding == Rounding.ZERO && nearest < 0);
    return down ? Math.nextDown(nearest) : up ? Math.nextUp(nearest) : nearest;
  }

  /** A finite value that became infinite lies on the inner side. */
  private static int overflow(double infinity) {
    return infinity > 0 ? -1 : 1;
  }

  private static double finite(double value) {
    return Math.clamp(value, -Double.MAX_VALUE, Double.MAX_VALUE);
  }

  private static boolean areMiddling(double a, double b) {
    double low = Math.min(Math.abs(a), Math.abs(b));
    double high = Math.max(Math.abs(a), Math.abs(b));
    return low >= 1 / LARGE && high <= LARGE;
  }

  private static boolean areFinite(double a, double b) {
    return Double.isFinite(a) && Double.isFinite(b);
  }
}
