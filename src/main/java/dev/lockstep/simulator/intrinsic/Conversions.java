package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.Float16;

/**
 * {@code cvt} that ends in a floating type. {@code .ftz} and {@code .sat} are {@link
 * FloatOps#flush} and {@link FloatOps#saturate} around these, {@code .relu} is in {@link
 * HalfFormat}; conversions to integers are in {@link IntegerConversions}.
 *
 * <p>A double argument covers every narrower source, since f16, bf16 and f32 widen exactly.
 */
public final class Conversions {
  private Conversions() {}

  /** {@code cvt.{rn,rz,rm,rp}.f32.f64}. NaN becomes canonical. */
  public static float toFloat(double value, Rounding rounding) {
    float nearest = (float) value;
    if (nearest == value || Double.isNaN(value)) {
      return FloatOps.canonical(nearest);
    }
    int bits = Float.floatToRawIntBits(nearest);
    return Float.intBitsToFloat(bits + step(nearest, value, rounding));
  }

  /** {@code cvt.{rn,rz,rm,rp}.f16}: raw bits, 0…0xffff. NaN becomes 0x7fff. */
  public static int toF16(double value, Rounding rounding) {
    int nearest = Float16.fromDouble(value) & 0xffff;
    float back = Float16.toFloat((short) nearest);
    return back == value || Double.isNaN(value) ? nearest : nearest + step(back, value, rounding);
  }

  /** {@code cvt.{rn,rz,rm,rp}.bf16}: raw bits, 0…0xffff. NaN becomes 0x7fff. */
  public static int toBf16(double value, Rounding rounding) {
    int nearest = BFloat16.fromDouble(value) & 0xffff;
    float back = BFloat16.toFloat((short) nearest);
    return back == value || Double.isNaN(value) ? nearest : nearest + step(back, value, rounding);
  }

  /** {@code cvt.rn.f16.f32}: raw bits, 0…0xffff. */
  public static int toF16(float value) {
    return Float16.fromFloat(value) & 0xffff;
  }

  /** {@code cvt.rn.bf16.f32}: raw bits, 0…0xffff. */
  public static int toBf16(float value) {
    return BFloat16.fromFloat(value) & 0xffff;
  }

  /** {@code cvt.rn.f16x2.f32 d, a, b}: a, the first source, goes to the UPPER half. */
  public static int toF16x2(float a, float b) {
    return HalfPairs.pack(toF16(b), toF16(a));
  }

  /** {@code cvt.rn.bf16x2.f32 d, a, b}: a, the first source, goes to the UPPER half. */
  public static int toBf16x2(float a, float b) {
    return HalfPairs.pack(toBf16(b), toBf16(a));
  }

  /** {@code cvt.{rn,rz,rm,rp}.f32} from a 64-bit integer. */
  public static float toFloat(long value, boolean signed, Rounding rounding) {
    return toFloat(toOddDouble(value, signed), rounding);
  }

  /** {@code cvt.{rn,rz,rm,rp}.f16} from a 64-bit integer: raw bits. */
  public static int toF16(long value, boolean signed, Rounding rounding) {
    return toF16(toOddDouble(value, signed), rounding);
  }

  /** {@code cvt.{rn,rz,rm,rp}.bf16} from a 64-bit integer: raw bits. */
  public static int toBf16(long value, boolean signed, Rounding rounding) {
    return toBf16(toOddDouble(value, signed), rounding);
  }

  /** {@code cvt.{rn,rz,rm,rp}.f64} from a 64-bit integer. */
  public static double toDouble(long value, boolean signed, Rounding rounding) {
    boolean negative = signed && value < 0;
    long magnitude = negative ? -value : value;
    int dropped = droppedBits(magnitude);
    long kept = magnitude >>> dropped;
    long rest = magnitude - (kept << dropped);
    long half = dropped == 0 ? 1 : 1L << (dropped - 1);
    boolean up =
        switch (rounding) {
          case NEAREST -> rest > half || rest == half && (kept & 1) != 0;
          case ZERO -> false;
          case DOWN -> negative && rest != 0;
          case UP -> !negative && rest != 0;
        };
    double result = (double) (up ? kept + 1 : kept) * (1L << dropped);
    return negative ? -result : result;
  }

  /** The double nearest to a 64-bit integer, rounded to odd: see {@link ExactSum}. */
  private static double toOddDouble(long value, boolean signed) {
    boolean negative = signed && value < 0;
    long magnitude = negative ? -value : value;
    int dropped = droppedBits(magnitude);
    long kept = magnitude >>> dropped;
    long odd = kept << dropped == magnitude ? kept : kept | 1;
    double result = (double) odd * (1L << dropped);
    return negative ? -result : result;
  }

  /** How many low bits of an unsigned integer do not fit the 53 of a double. */
  private static int droppedBits(long magnitude) {
    return Math.max(0, 11 - Long.numberOfLeadingZeros(magnitude));
  }

  /** Change of the bit pattern, as a magnitude, that turns nearest into the asked direction. */
  private static int step(double nearest, double exact, Rounding rounding) {
    if (rounding.stepsTowardZero(nearest, exact)) {
      return -1;
    }
    return rounding.stepsAwayFromZero(nearest, exact) ? 1 : 0;
  }
}
