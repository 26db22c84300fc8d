package dev.lockstep.simulator.intrinsic;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * The witness of the floating tests: rounds an exact decimal to a binary format by counting quanta,
 * with no floating arithmetic on the way.
 */
final class ExactRounding {
  static final ExactRounding F32 = new ExactRounding(24, -126, Float.MAX_VALUE);
  static final ExactRounding F16 = new ExactRounding(11, -14, 65504);
  static final ExactRounding BF16 = new ExactRounding(8, -126, 0x1.fep127);
  static final ExactRounding F64 = new ExactRounding(53, -1022, Double.MAX_VALUE);

  /** Enough digits for any finite decimal a test meets, and for quotients to keep their side. */
  static final MathContext DIGITS = new MathContext(500);

  /** 2ⁿ at n + 1300. */
  private static final BigDecimal[] POWERS = powers();

  private final int precision;
  private final int smallestExponent;
  private final double largest;

  private ExactRounding(int precision, int smallestExponent, double largest) {
    this.precision = precision;
    this.smallestExponent = smallestExponent;
    this.largest = largest;
  }

  /** The value rounded to this format; a zero result has the sign of {@code exact}, or + for 0. */
  double round(BigDecimal exact, Rounding rounding) {
    if (exact.signum() == 0) {
      return 0;
    }
    BigDecimal magnitude = exact.abs();
    int exponent = Math.max(floorLog2(magnitude), smallestExponent);
    BigDecimal quantum = power(exponent - precision + 1);
    BigDecimal count =
        magnitude
            .multiply(power(precision - 1 - exponent))
            .setScale(0, mode(rounding, exact.signum()));
    BigDecimal rounded = count.multiply(quantum);
    double result = rounded.doubleValue();
    if (rounded.compareTo(new BigDecimal(largest)) > 0) {
      // The next quantum above the largest number is where infinity begins.
      result = Double.POSITIVE_INFINITY;
    }
    if (magnitude.compareTo(new BigDecimal(largest)) > 0 && !reachesInfinity(rounding, exact)) {
      result = largest;
    }
    return exact.signum() < 0 ? -result : result;
  }

  float roundToFloat(BigDecimal exact, Rounding rounding) {
    return (float) round(exact, rounding);
  }

  private boolean reachesInfinity(Rounding rounding, BigDecimal exact) {
    return switch (rounding) {
      case NEAREST -> {
        BigDecimal halfStep = power(floorLog2(new BigDecimal(largest)) - precision);
        yield exact.abs().compareTo(new BigDecimal(largest).add(halfStep)) >= 0;
      }
      case ZERO -> false;
      case DOWN -> exact.signum() < 0;
      case UP -> exact.signum() > 0;
    };
  }

  private static RoundingMode mode(Rounding rounding, int signum) {
    return switch (rounding) {
      case NEAREST -> RoundingMode.HALF_EVEN;
      case ZERO -> RoundingMode.DOWN;
      case DOWN -> signum < 0 ? RoundingMode.UP : RoundingMode.DOWN;
      case UP -> signum < 0 ? RoundingMode.DOWN : RoundingMode.UP;
    };
  }

  private static int floorLog2(BigDecimal magnitude) {
    // A guess from the decimal length that is never too high, then exact comparison.
    int guess =
        (int) Math.floor((magnitude.precision() - magnitude.scale() - 1) / Math.log10(2)) - 1;
    while (power(guess + 1).compareTo(magnitude) <= 0) {
      guess++;
    }
    return guess;
  }

  private static BigDecimal power(int exponent) {
    return POWERS[exponent + 1300];
  }

  private static BigDecimal[] powers() {
    BigDecimal half = new BigDecimal("0.5");
    BigDecimal[] powers = new BigDecimal[2600];
    powers[0] = half.pow(1300);
    for (int i = 1; i < powers.length; i++) {
      powers[i] = powers[i - 1].add(powers[i - 1]).stripTrailingZeros();
    }
    return powers;
  }
}
