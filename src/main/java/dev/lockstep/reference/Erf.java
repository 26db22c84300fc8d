package dev.lockstep.reference;

/**
 * The error function in double precision, from its Maclaurin series near zero and its continued
 * fraction in the tails (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
public final class Erf {
  /** Below it the series needs at most some 40 terms; above it the fraction converges. */
  private static final double SERIES_LIMIT = 2;

  private static final double SQRT_PI = Math.sqrt(Math.PI);

  private Erf() {}

  /** {@code erf x = 2/√π ∫₀ˣ exp(−t²) dt}. */
  public static double erf(double x) {
    return Math.abs(x) < SERIES_LIMIT ? series(x) : x > 0 ? 1 - tail(x) : tail(-x) - 1;
  }

  /** {@code erfc x = 1 − erf x}, accurate to its last digits however small it is. */
  public static double erfc(double x) {
    if (Math.abs(x) < 0.5) {
      return 1 - series(x);
    }
    return x > 0 ? tail(x) : 2 - tail(-x);
  }

  /** {@code erf x = 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))}: no term cancels another. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.ulp(sum) / 4; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / SQRT_PI * expOfMinusSquare(x) * sum;
  }

  /**
   * {@code erfc x = exp(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …))))} for x ≥ ½, evaluated from
   * the inside out with enough levels for a double.
   */
  private static double tail(double x) {
    if (x > 28) {
      // exp(−x²) is below the smallest double.
      return Double.isNaN(x) ? x : 0;
    }
    int levels = (int) (20 + 320 / (x * x));
    double fraction = x;
    for (int n = levels; n >= 1; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return expOfMinusSquare(x) / (SQRT_PI * fraction);
  }

  /** {@code exp(−x²)} with what rounding took from the square given back. */
  private static double expOfMinusSquare(double x) {
    double square = x * x;
    double lost = Math.fma(x, x, -square);
    return Math.exp(-square) * (1 - lost);
  }
}
