package dev.lockstep.grill.evidence;

import java.math.BigDecimal;
import java.math.MathContext;

/** How numbers are written in findings: three digits, and a power of ten where many zeros were. */
public final class Numeral {
  private static final MathContext DIGITS = new MathContext(3);

  private Numeral() {}

  /** Three significant digits; whole numbers below ten million in full. */
  public static String text(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e7) {
      return Long.toString((long) value);
    }
    BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    double size = Math.abs(value);
    if (size >= 1e-3 && size < 1e5) {
      return rounded.toPlainString();
    }
    int exponent = rounded.precision() - rounded.scale() - 1;
    return rounded.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }
}
