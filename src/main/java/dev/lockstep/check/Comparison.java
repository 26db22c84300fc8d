package dev.lockstep.check;

/**
 * One tensor against what it should be.
 *
 * @param worstError the largest |got − expected| of finite elements; NaN when something that no
 *     tolerance covers is wrong
 * @param mismatch what that is, or what exceeds the tolerance and where; empty when it passed
 */
record Comparison(String tensor, double worstError, double tolerance, String mismatch) {
  /**
   * Compares element by element. A NaN must stand where one is expected and nowhere else, an
   * infinity likewise and with its sign; the rest may be off by {@code tolerance}.
   */
  static Comparison of(String tensor, double[] expected, double[] got, double tolerance) {
    if (got.length != expected.length) {
      return new Comparison(
          tensor,
          Double.NaN,
          tolerance,
          "%s has %d elements, expected %d".formatted(tensor, got.length, expected.length));
    }
    double worst = 0;
    int worstAt = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Double.isFinite(expected[i]) && Double.isFinite(got[i])) {
        double error = Math.abs(got[i] - expected[i]);
        if (error > worst) {
          worst = error;
          worstAt = i;
        }
      } else if (Double.compare(got[i], expected[i]) != 0) {
        return new Comparison(
            tensor, Double.NaN, tolerance, differs(tensor, i, expected[i], got[i]));
      }
    }
    // Written so that a tolerance of NaN fails.
    boolean within = worst <= tolerance;
    return new Comparison(
        tensor,
        worst,
        tolerance,
        within ? "" : differs(tensor, worstAt, expected[worstAt], got[worstAt]));
  }

  private static String differs(String tensor, int at, double expected, double got) {
    return "%s[%d] is %s, expected %s".formatted(tensor, at, got, expected);
  }

  boolean passed() {
    return mismatch.isEmpty();
  }

  /** How much of the tolerance is used up; more than 1, or infinite, when it failed. */
  double severity() {
    if (Double.isNaN(worstError) || Double.isNaN(tolerance)) {
      return Double.POSITIVE_INFINITY;
    }
    return worstError == 0 ? 0 : worstError / tolerance;
  }
}
