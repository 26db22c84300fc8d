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

  /** The value in its place, and c everywhere else. */
  public static int merge(long value, int c, String selector) {
    int mask = (int) ((1L << bits(selector)) - 1) << shift(selector);
    return (int) value << shift(selector) & mask | c & ~mask;
  }

  private static int bits(String selector) {
    return selector.isEmpty() ? 32 : selector.charAt(0) == 'b' ? 8 : 16;
  }

  private static int shift(String selector) {
    return selector.isEmpty() ? 0 : (selector.charAt(1) - '0') * bits(selector);
  }
}
