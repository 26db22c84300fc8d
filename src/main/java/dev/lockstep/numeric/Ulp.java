package dev.lockstep.numeric;

/** Distances counted in units in the last place of a storage type. */
public final class Ulp {
  private Ulp() {}

  /**
   * The spacing of {@code dtype} around {@code value}: the distance from |value|, rounded to the
   * type, to the next larger representable number. NaN and infinities give NaN.
   */
  public static double spacing(DType dtype, double value) {
    double magnitude = Math.abs(dtype.round(value));
    if (!Double.isFinite(magnitude)) {
      return Double.NaN;
    }
    int fractionBits = fractionBits(dtype);
    int exponent = Math.max(Math.getExponent(magnitude), minExponent(dtype));
    return Math.scalb(1.0, exponent - fractionBits);
  }

  /** |got − expected| in units in the last place at the expected value. */
  public static double distance(DType dtype, double got, double expected) {
    if (Double.isNaN(got) && Double.isNaN(expected) || got == expected) {
      return 0;
    }
    if (!Double.isFinite(got) || !Double.isFinite(expected)) {
      return Double.POSITIVE_INFINITY;
    }
    double spacing = spacing(dtype, expected);
    return Double.isNaN(spacing) ? Double.POSITIVE_INFINITY : Math.abs(got - expected) / spacing;
  }

  private static int fractionBits(DType dtype) {
    return switch (dtype) {
      case F32 -> 23;
      case F16 -> 10;
      case BF16 -> 7;
      case F64 -> 52;
      case I32 -> 0;
    };
  }

  private static int minExponent(DType dtype) {
    return switch (dtype) {
      case F32, BF16 -> -126;
      case F16 -> -14;
      case F64 -> -1022;
      case I32 -> 0;
    };
  }
}
