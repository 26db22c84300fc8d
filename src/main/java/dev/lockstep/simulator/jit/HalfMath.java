package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;

/** What generated code calls for 16-bit floats and pairs of them. */
public final class HalfMath {
  private HalfMath() {}

  public static int neg(int a, HalfFormat format) {
    return format.neg(a);
  }

  public static int negPairs(int a, HalfFormat format) {
    return HalfPairs.pack(neg(a & 0xffff, format), neg(a >>> 16, format));
  }

  public static int abs(int a, HalfFormat format) {
    return format.abs(a);
  }

  public static int absPairs(int a, HalfFormat format) {
    return HalfPairs.pack(abs(a & 0xffff, format), abs(a >>> 16, format));
  }

  public static int add(int a, int b, HalfFormat format) {
    return format.add(a, b);
  }

  public static int addPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(add(a & 0xffff, b & 0xffff, format), add(a >>> 16, b >>> 16, format));
  }

  public static int sub(int a, int b, HalfFormat format) {
    return format.add(a, format.neg(b));
  }

  public static int subPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(sub(a & 0xffff, b & 0xffff, format), sub(a >>> 16, b >>> 16, format));
  }

  public static int mul(int a, int b, HalfFormat format) {
    return format.mul(a, b);
  }

  public static int mulPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(mul(a & 0xffff, b & 0xffff, format), mul(a >>> 16, b >>> 16, format));
  }

  public static int min(int a, int b, HalfFormat format) {
    return format.min(a, b);
  }

  public static int minPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(min(a & 0xffff, b & 0xffff, format), min(a >>> 16, b >>> 16, format));
  }

  public static int max(int a, int b, HalfFormat format) {
    return format.max(a, b);
  }

  public static int maxPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(max(a & 0xffff, b & 0xffff, format), max(a >>> 16, b >>> 16, format));
  }

  public static int minNaN(int a, int b, HalfFormat format) {
    return format.minNaN(a, b);
  }

  public static int minNaNPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(
        minNaN(a & 0xffff, b & 0xffff, format), minNaN(a >>> 16, b >>> 16, format));
  }

  public static int maxNaN(int a, int b, HalfFormat format) {
    return format.maxNaN(a, b);
  }

  public static int maxNaNPairs(int a, int b, HalfFormat format) {
    return HalfPairs.pack(
        maxNaN(a & 0xffff, b & 0xffff, format), maxNaN(a >>> 16, b >>> 16, format));
  }

  public static int fma(int a, int b, int c, HalfFormat format) {
    return format.fma(a, b, c);
  }

  public static int fmaPairs(int a, int b, int c, HalfFormat format) {
    return HalfPairs.pack(
        fma(a & 0xffff, b & 0xffff, c & 0xffff, format), fma(a >>> 16, b >>> 16, c >>> 16, format));
  }
}
