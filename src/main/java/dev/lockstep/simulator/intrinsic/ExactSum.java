package dev.lockstep.simulator.intrinsic;

/**
 * Doubles rounded to odd: when a result is inexact its last bit is set, so rounding it once more to
 * a format at least two bits narrower gives what rounding the exact value would, in any direction
 * (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */
final class ExactSum {
  private ExactSum() {}

  /** a + b rounded to odd; the sum must not overflow. */
  static double toOdd(double a, double b) {
    double sum = a + b;
    if (Double.isInfinite(sum) || Double.isNaN(sum)) {
      return sum;
    }
    // Knuth's two-sum: the rounding error itself, exact.
    double bRounded = sum - a;
    double error = (a - (sum - bRounded)) + (b - bRounded);
    return oddFrom(sum, error);
  }

  /**
   * {@code nearest} + {@code error} rounded to odd, where {@code nearest} is the double nearest to
   * that value and only the sign of {@code error} counts.
   */
  static double oddFrom(double nearest, double error) {
    long bits = Double.doubleToRawLongBits(nearest);
    if (error == 0 || (bits & 1) != 0) {
      return nearest;
    }
    // An even neighbour was chosen, so the odd one lies on the error's side. A nearest of zero
    // cannot have an error: the callers' exact values are far from underflow.
    boolean awayFromZero = (error > 0) == (nearest > 0);
    return Double.longBitsToDouble(awayFromZero ? bits + 1 : bits - 1);
  }
}
