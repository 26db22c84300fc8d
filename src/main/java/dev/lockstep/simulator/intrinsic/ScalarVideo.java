package dev.lockstep.simulator.intrinsic;

/** The steps of scalar video instructions (PTX ISA 9.7.18), in integers of more than 33 bits. */
public final class ScalarVideo {
  private ScalarVideo() {}

  /**
   * A byte, a half or all of a register, sign- or zero-extended.
   *
   * @param selector {@code b0} to {@code b3}, {@code h0}, {@code h1}, or nothing for all
   */
  public static long part(int word, String selector, boolean signed) {
    int bits = bits(selector);
    int value = word >>> shift(selector) << 32 - bits;
    return signed ? value >> 32 - bits : (value & 0xffff_ffffL) >>> 32 - bits;
  }

  /** Clamped to what the part of the destination can hold. */
  public static long saturate(long value, boolean signed, String selector) {
    int bits = bits(selector);
    long high = (1L << (signed ? bits - 1 : bits)) - 1;
    return Math.clamp(value, signed ? -high - 1 : 0, high);
  }

  /** What is left of a value that is not clamped: 33 bits, the highest of them its sign. */
  public static long truncate(long value) {
    int lost = Long.SIZE - 33;
    return value << lost >> lost;
  }

  /** The value in its place, and c everywhere else. */
  public static int merge(long value, int c, String selector) {
    int mask = (int) ((1L << bits(selector)) - 1) << shift(selector);
    return (int) value << shift(selector) & mask | c & ~mask;
  }

  /**
   * {@code vmad}: the 128-bit sum of a product and c, shifted to the right.
   *
   * @param a a factor of at most 33 bits, {@code b} the other
   * @param c the summand, already extended
   * @param negative whether the product is subtracted
   * @param one whether 1 is added
   * @param signed whether {@code saturate} clamps to 32 signed bits, or to as many unsigned ones
   */
  public static int multiplyAdd(
      long a,
      long b,
      long c,
      boolean negative,
      boolean one,
      int shift,
      boolean saturate,
      boolean signed) {
    long low = a * b;
    long high = Math.multiplyHigh(a, b);
    if (negative) {
      high = low == 0 ? -high : ~high;
      low = -low;
    }
    high += carry(low, c) + (c >> 63);
    low += c;
    if (one) {
      low++;
      high += low == 0 ? 1 : 0;
    }
    if (shift > 0) {
      low = low >>> shift | high << 64 - shift;
      high >>= shift;
    }
    if (!saturate) {
      return (int) low;
    }
    long value = high == low >> 63 ? low : high < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    return (int) saturate(value, signed, "");
  }

  /** 1 where the sum of two words passes 64 bits. */
  private static long carry(long a, long b) {
    return Long.compareUnsigned(a + b, a) < 0 ? 1 : 0;
  }

  private static int bits(String selector) {
    return selector.isEmpty() ? 32 : selector.charAt(0) == 'b' ? 8 : 16;
  }

  private static int shift(String selector) {
    return selector.isEmpty() ? 0 : (selector.charAt(1) - '0') * bits(selector);
  }
}
