package dev.lockstep.simulator.intrinsic;

/** The 8-bit floats: raw bits, 0…0xff. */
public enum Float8 {
  /** Four exponent and three fraction bits; no infinity, one NaN per sign. */
  E4M3(3, 7, 448),
  /** Five exponent and two fraction bits, the upper half of a binary16. */
  E5M2(2, 15, 57344);

  private static final int NAN = 0x7f;

  private final int fractionBits;
  private final int bias;
  private final double largest;

  Float8(int fractionBits, int bias, double largest) {
    this.fractionBits = fractionBits;
    this.bias = bias;
    this.largest = largest;
  }

  /**
   * {@code cvt.rn.satfinite{.relu}} to this format: the nearest value, ties to even, at most the
   * largest finite one. Every NaN becomes 0x7f.
   *
   * @param relu whether negative numbers become +0
   */
  public int round(float value, boolean relu) {
    if (Float.isNaN(value)) {
      return NAN;
    }
    boolean negative = Float.floatToRawIntBits(value) < 0;
    if (negative && relu) {
      return 0;
    }
    double magnitude = Math.min(Math.abs((double) value), largest);
    int exponent = Math.max(Math.getExponent(magnitude), 1 - bias);
    // In units of the last place; exact, since only the exponent changes.
    long units = (long) Math.rint(Math.scalb(magnitude, fractionBits - exponent));
    // A carry out of the fraction moves on to the exponent by itself.
    int bits = (int) (((long) (exponent + bias - 1) << fractionBits) + units);
    return negative ? bits | 0x80 : bits;
  }

  /** The same value as binary16, which holds all of them; NaN becomes 0x7fff. */
  public int toF16(int bits) {
    int magnitude = bits & 0x7f;
    int sign = (bits & 0x80) << 8;
    if (this == E5M2) {
      return magnitude > 0x7c ? 0x7fff : sign | magnitude << 8;
    }
    if (magnitude == NAN) {
      return 0x7fff;
    }
    int exponent = Math.max(magnitude >> fractionBits, 1);
    int units = magnitude - (exponent - 1 << fractionBits);
    return sign | Conversions.toF16((float) Math.scalb(units, exponent - bias - fractionBits));
  }

  /** The register whose lower byte is {@code lower}. */
  public static int pack(int lower, int upper) {
    return upper << 8 | lower;
  }
}
