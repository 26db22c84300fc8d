package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.IntegerOps;

/** 64-bit integer instructions on 32 lanes; shift amounts clamp. */
public final class LongLanes {
  private LongLanes() {}

  public static void move(long[] d, long[] a) {
    System.arraycopy(a, 0, d, 0, LANES);
  }

  public static void add(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] + b[i];
    }
  }

  public static void sub(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] - b[i];
    }
  }

  public static void mul(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] * b[i];
    }
  }

  public static void mad(long[] d, long[] a, long[] b, long[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] * b[i] + c[i];
    }
  }

  public static void and(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] & b[i];
    }
  }

  public static void or(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] | b[i];
    }
  }

  public static void xor(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] ^ b[i];
    }
  }

  public static void not(long[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = ~a[i];
    }
  }

  public static void neg(long[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = -a[i];
    }
  }

  public static void abs(long[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.abs(a[i]);
    }
  }

  public static void shrSigned(long[] d, long[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.shrSigned(a[i], b[i]);
    }
  }

  public static void shrUnsigned(long[] d, long[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.shrUnsigned(a[i], b[i]);
    }
  }

  public static void minSigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.min(a[i], b[i]);
    }
  }

  public static void maxSigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.max(a[i], b[i]);
    }
  }

  public static void minUnsigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.min(a[i] + Long.MIN_VALUE, b[i] + Long.MIN_VALUE) + Long.MIN_VALUE;
    }
  }

  public static void maxUnsigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.max(a[i] + Long.MIN_VALUE, b[i] + Long.MIN_VALUE) + Long.MIN_VALUE;
    }
  }

  public static void divSigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.divSigned(a[i], b[i]);
    }
  }

  public static void divUnsigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.divUnsigned(a[i], b[i]);
    }
  }

  public static void remSigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.remSigned(a[i], b[i]);
    }
  }

  public static void remUnsigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.remUnsigned(a[i], b[i]);
    }
  }

  public static void mulHiSigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.mulHiSigned(a[i], b[i]);
    }
  }

  public static void mulHiUnsigned(long[] d, long[] a, long[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.mulHiUnsigned(a[i], b[i]);
    }
  }

  public static int equal(long[] a, long[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] == b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int less(long[] a, long[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int lessOrEqual(long[] a, long[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] <= b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Less, as unsigned numbers. */
  public static int below(long[] a, long[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] + Long.MIN_VALUE < b[i] + Long.MIN_VALUE ? 1 << i : 0;
    }
    return bits;
  }

  /** Less or equal, as unsigned numbers. */
  public static int belowOrEqual(long[] a, long[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] + Long.MIN_VALUE <= b[i] + Long.MIN_VALUE ? 1 << i : 0;
    }
    return bits;
  }

  public static void select(long[] d, long[] a, long[] b, int bits) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (bits << (31 - i)) < 0 ? a[i] : b[i];
    }
  }

  public static void mulWideSigned(long[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (long) a[i] * b[i];
    }
  }

  public static void mulWideUnsigned(long[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (a[i] & 0xffff_ffffL) * (b[i] & 0xffff_ffffL);
    }
  }

  public static void madWideSigned(long[] d, int[] a, int[] b, long[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (long) a[i] * b[i] + c[i];
    }
  }

  public static void madWideUnsigned(long[] d, int[] a, int[] b, long[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (a[i] & 0xffff_ffffL) * (b[i] & 0xffff_ffffL) + c[i];
    }
  }

  public static void populationCount(int[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Long.bitCount(a[i]);
    }
  }

  public static void leadingZeros(int[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Long.numberOfLeadingZeros(a[i]);
    }
  }

  public static void reverse(long[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Long.reverse(a[i]);
    }
  }
}
