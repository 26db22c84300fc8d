package dev.lockstep.reference;

/**
 * The error function in double precision, from its Maclaurin series near zero and its continued
 * fraction in the tails (Abramowitz and Stegun, 7.1.6 and 7.1.14). The complement below 2, where
 * the fraction is slow, comes from Taylor series about nodes.
 */
public final class Erf {
  /** Below it the series needs at most some 40 terms; above it the fraction converges. */
  private static final double SERIES_LIMIT = 2;

  private static final double SQRT_PI = Math.sqrt(Math.PI);

  private static final int NODES_PER_UNIT = 8;

  /** Half a node's distance to the 14th is 1e-17. */
  private static final int TERMS = 14;

  private static final double[][] NODES = new double[(int) SERIES_LIMIT * NODES_PER_UNIT + 1][];

  static {
    for (int node = 0; node < NODES.length; node++) {
      NODES[node] = taylor(node / (double) NODES_PER_UNIT);
    }
  }

  private Erf() {}

  /** {@code erf x = 2/√π ∫₀ˣ exp(−t²) dt}. */
  public static double erf(double x) {
    return Math.abs(x) < SERIES_LIMIT ? series(x) : x > 0 ? 1 - tail(x) : tail(-x) - 1;
  }

  /** {@code erfc x = 1 − erf x}, accurate to its last digits however small it is. */
  public static double erfc(double x) {
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

  /** {@code erfc x} for x ≥ 0. */
  private static double tail(double x) {
    if (x > 28) {
      // exp(−x²) is below the smallest double.
      return Double.isNaN(x) ? x : 0;
    }
    return expOfMinusSquare(x) * (x < SERIES_LIMIT ? nearNode(x) : fraction(x));
  }

  /**
   * {@code exp(x²) erfc x = 1/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …))))} for x ≥ ½, evaluated from
   * the inside out with enough levels for a double.
   */
  private static double fraction(double x) {
    int levels = (int) (20 + 320 / (x * x));
    double fraction = x;
    for (int n = levels; n >= 1; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return 1 / (SQRT_PI * fraction);
  }

  /** {@code exp(x²) erfc x} for 0 ≤ x < 2 from its Taylor series about the nearest node. */
  private static double nearNode(double x) {
    int node = (int) Math.rint(x * NODES_PER_UNIT);
    double h = x - node / (double) NODES_PER_UNIT;
    double[] coefficients = NODES[node];
    double sum = 0;
    for (int n = TERMS - 1; n >= 0; n--) {
      sum = Math.fma(sum, h, coefficients[n]);
    }
    return sum;
  }

  /**
   * The Taylor series of {@code y = exp(x²) erfc x} about c: from {@code y′ = 2xy − 2/√π} follows
   * {@code (n+1) aₙ₊₁ = 2c aₙ + 2 aₙ₋₁}.
   */
  private static double[] taylor(double c) {
    double[] a = new double[TERMS];
    a[0] = c < 0.5 ? (1 - series(c)) / expOfMinusSquare(c) : fraction(c);
    a[1] = 2 * c * a[0] - 2 / SQRT_PI;
    for (int n = 1; n + 1 < TERMS; n++) {
      a[n + 1] = (2 * c * a[n] + 2 * a[n - 1]) / (n + 1);
    }
    return a;
  }

  /** {@code exp(−x²)} with what rounding took from the square given back. */
  private static double expOfMinusSquare(double x) {
    double square = x * x;
    double lost = Math.fma(x, x, -square);
    return Math.exp(-square) * (1 - lost);
  }
}
