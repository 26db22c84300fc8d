package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.DotProducts;
import dev.lockstep.simulator.intrinsic.FloatOps;

/** What generated code calls where no method of the arithmetic packages fits. */
public final class LaneMath {
  private LaneMath() {}

  public static int mad(int a, int b, int c) {
    return a * b + c;
  }

  public static long mad(long a, long b, long c) {
    return a * b + c;
  }

  public static long wideSigned(int a, int b) {
    return (long) a * b;
  }

  public static long wideUnsigned(int a, int b) {
    return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
  }

  public static long wideSigned(int a, int b, long c) {
    return (long) a * b + c;
  }

  public static long wideUnsigned(int a, int b, long c) {
    return (a & 0xffff_ffffL) * (b & 0xffff_ffffL) + c;
  }

  /** Of unsigned numbers. */
  public static int min(int a, int b) {
    return Integer.compareUnsigned(a, b) <= 0 ? a : b;
  }

  /** Of unsigned numbers. */
  public static int max(int a, int b) {
    return Integer.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** Of unsigned numbers. */
  public static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  /** Of unsigned numbers. */
  public static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** {@code lop3}; generated code knows the table. */
  public static int logic3(int a, int b, int c, int table) {
    int whenA =
        b & (c & row(table, 7) | ~c & row(table, 6))
            | ~b & (c & row(table, 5) | ~c & row(table, 4));
    int whenNot =
        b & (c & row(table, 3) | ~c & row(table, 2))
            | ~b & (c & row(table, 1) | ~c & row(table, 0));
    return a & whenA | ~a & whenNot;
  }

  private static int row(int table, int n) {
    return -(table >>> n & 1);
  }

  /** {@code dp4a}. */
  public static int dotProduct(int a, int b, int c, boolean signedA, boolean signedB) {
    return DotProducts.four(a, signedA, b, signedB, c);
  }

  /** Gives every NaN of a register the bits that PTX says; most registers have none. */
  public static void settle(float[] r) {
    // Zero unless one is no number. Four sums, as one would have each addition wait for another.
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = 0; i < Warp.LANES; i += 4) {
      a += r[i] * 0f;
      b += r[i + 1] * 0f;
      c += r[i + 2] * 0f;
      d += r[i + 3] * 0f;
    }
    if (a + b + c + d != 0) {
      makeCanonical(r);
    }
  }

  /** The same of a register that holds floats as bits. */
  public static void settle(int[] r) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = 0; i < Warp.LANES; i += 4) {
      a += Float.intBitsToFloat(r[i]) * 0f;
      b += Float.intBitsToFloat(r[i + 1]) * 0f;
      c += Float.intBitsToFloat(r[i + 2]) * 0f;
      d += Float.intBitsToFloat(r[i + 3]) * 0f;
    }
    if (a + b + c + d != 0) {
      makeCanonical(r);
    }
  }

  private static void makeCanonical(float[] r) {
    for (int i = 0; i < Warp.LANES; i++) {
      r[i] = FloatOps.canonical(r[i]);
    }
  }

  private static void makeCanonical(int[] r) {
    for (int i = 0; i < Warp.LANES; i++) {
      r[i] = Float.floatToRawIntBits(FloatOps.canonical(Float.intBitsToFloat(r[i])));
    }
  }

  // Comparisons give 1 or 0, without branches so that loops of them become vector code.

  public static int differ(int a, int b) {
    int difference = a - b;
    return (difference | -difference) >>> 31;
  }

  public static int isLess(int a, int b) {
    return (a & ~b | ~(a ^ b) & a - b) >>> 31;
  }

  /** Of unsigned numbers. */
  public static int isBelow(int a, int b) {
    return (~a & b | ~(a ^ b) & a - b) >>> 31;
  }

  public static float bf16ToFloat(int bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  public static float truncate(float a) {
    return (float) (a < 0 ? Math.ceil(a) : Math.floor(a));
  }

  /** The upper half of 32 bits. */
  public static int upper(int a) {
    return a >>> 16;
  }

  /** The upper half of 64 bits. */
  public static int upper(long a) {
    return (int) (a >>> 32);
  }

  /** The first source becomes the lower half. */
  public static long join(int lower, int upper) {
    return (lower & 0xffff_ffffL) | (long) upper << 32;
  }

  /** The first source becomes the lower half. */
  public static int joinHalves(int lower, int upper) {
    return (lower & 0xffff) | upper << 16;
  }

  public static int select(int which, int a, int b) {
    return which != 0 ? a : b;
  }

  public static long select(int which, long a, long b) {
    return which != 0 ? a : b;
  }

  public static float select(int which, float a, float b) {
    return which != 0 ? a : b;
  }

  public static double select(int which, double a, double b) {
    return which != 0 ? a : b;
  }
}
