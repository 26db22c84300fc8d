package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;

/**
 * What generated code calls for 16-bit floats and pairs of them: static methods, the format last,
 * behind sources that lie on the stack.
 */
public final class HalfMath {
  private HalfMath() {}

  private interface Unary {
    int apply(HalfFormat format, int a);
  }

  private interface Binary {
    int apply(HalfFormat format, int a, int b);
  }

  public static int neg(int a, HalfFormat format) {
    return format.neg(a);
  }

  public static int negPairs(int a, HalfFormat format) {
    return both(HalfFormat::neg, a, format);
  }

  public static int abs(int a, HalfFormat format) {
    return format.abs(a);
  }

  public static int absPairs(int a, HalfFormat format) {
    return both(HalfFormat::abs, a, format);
  }

  public static int add(int a, int b, HalfFormat format) {
    return format.add(a, b);
  }

  public static int addPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::add, a, b, format);
  }

  public static int sub(int a, int b, HalfFormat format) {
    return format.sub(a, b);
  }

  public static int subPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::sub, a, b, format);
  }

  public static int mul(int a, int b, HalfFormat format) {
    return format.mul(a, b);
  }

  public static int mulPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::mul, a, b, format);
  }

  public static int min(int a, int b, HalfFormat format) {
    return format.min(a, b);
  }

  public static int minPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::min, a, b, format);
  }

  public static int max(int a, int b, HalfFormat format) {
    return format.max(a, b);
  }

  public static int maxPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::max, a, b, format);
  }

  public static int minNaN(int a, int b, HalfFormat format) {
    return format.minNaN(a, b);
  }

  public static int minNaNPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::minNaN, a, b, format);
  }

  public static int maxNaN(int a, int b, HalfFormat format) {
    return format.maxNaN(a, b);
  }

  public static int maxNaNPairs(int a, int b, HalfFormat format) {
    return both(HalfFormat::maxNaN, a, b, format);
  }

  public static int fma(int a, int b, int c, HalfFormat format) {
    return format.fma(a, b, c);
  }

  public static int fmaPairs(int a, int b, int c, HalfFormat format) {
    return HalfPairs.pack(format.fma(a, b, c), format.fma(a >>> 16, b >>> 16, c >>> 16));
  }

  private static int both(Unary f, int a, HalfFormat format) {
    return HalfPairs.pack(f.apply(format, a), f.apply(format, a >>> 16));
  }

  private static int both(Binary f, int a, int b, HalfFormat format) {
    return HalfPairs.pack(f.apply(format, a, b), f.apply(format, a >>> 16, b >>> 16));
  }
}
