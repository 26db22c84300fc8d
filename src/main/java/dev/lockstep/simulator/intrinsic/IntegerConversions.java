package dev.lockstep.simulator.intrinsic;

/**
 * {@code cvt} that ends in an integer of 8, 16, 32 or 64 bits. Results are {@code long}: signed
 * types sign-extended, unsigned types zero-extended, as a wider destination register holds them.
 */
public final class IntegerConversions {
  private static final double TWO_TO_63 = 0x1p63;

  private IntegerConversions() {}

  /** {@code cvt.{rni,rzi,rmi,rpi}.s32.f32}: clamps; NaN gives 0. */
  public static int toS32(float value, Rounding rounding) {
    return (int) rounding.toIntegral(value);
  }

  /** {@code cvt.{rni,rzi,rmi,rpi}.u32.f32}: clamps; NaN gives 0. */
  public static int toU32(float value, Rounding rounding) {
    return (int) Math.clamp((long) rounding.toIntegral(value), 0L, 0xffff_ffffL);
  }

  /**
   * From any floating type to any integer type: clamps to its range, whether or not {@code .sat} is
   * written.
   *
   * @param bits 8, 16, 32 or 64
   * @param nan what NaN gives: see {@link #nanResult}
   */
  public static long toInteger(
      double value, Rounding rounding, int bits, boolean signed, long nan) {
    if (Double.isNaN(value)) {
      return nan;
    }
    double integral = rounding.toIntegral(value);
    if (signed) {
      return bits == 64 ? (long) integral : saturate((long) integral, true, bits, true);
    }
    if (bits == 64) {
      return toU64(integral);
    }
    return Math.clamp((long) integral, 0L, largest(bits, false));
  }

  /**
   * What a NaN turns into: 0, but for f64 sources and for 64-bit destinations the integer whose
   * only set bit is the highest.
   */
  public static long nanResult(boolean fromF64, int bits, boolean signed) {
    if (!fromF64 && bits != 64) {
      return 0;
    }
    return extend(1L << (bits - 1), bits, signed);
  }

  /** Integer to integer without {@code .sat}: the low bits, extended. */
  public static long extend(long value, int bits, boolean signed) {
    int unused = 64 - bits;
    return signed ? value << unused >> unused : value << unused >>> unused;
  }

  /**
   * Integer to integer with {@code .sat}: the nearest value of the destination's range.
   *
   * @param fromSigned how the 64 bits of {@code value} are to be read
   */
  public static long saturate(long value, boolean fromSigned, int bits, boolean signed) {
    long high = largest(bits, signed);
    if (!fromSigned) {
      return Long.compareUnsigned(value, high) > 0 ? high : value;
    }
    if (!signed && bits == 64) {
      return Math.max(value, 0);
    }
    return Math.clamp(value, signed ? -high - 1 : 0, high);
  }

  private static long largest(int bits, boolean signed) {
    return -1L >>> (64 - bits + (signed ? 1 : 0));
  }

  private static long toU64(double integral) {
    if (integral < TWO_TO_63) {
      return Math.max((long) integral, 0);
    }
    return integral >= 2 * TWO_TO_63 ? -1L : (long) (integral - TWO_TO_63) ^ Long.MIN_VALUE;
  }
}
