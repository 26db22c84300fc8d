package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.IntegerOps;

/** 32-bit integer instructions on 32 lanes; shift amounts clamp. */
public final class IntLanes {
  private IntLanes() {}

  public static void move(int[] d, int[] a) {
    System.arraycopy(a, 0, d, 0, LANES);
  }

  public static void add(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] + b[i];
    }
  }

  public static void sub(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] - b[i];
    }
  }

  public static void mul(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] * b[i];
    }
  }

  public static void mad(int[] d, int[] a, int[] b, int[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] * b[i] + c[i];
    }
  }

  public static void or(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] | b[i];
    }
  }

  public static void xor(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] ^ b[i];
    }
  }

  public static void not(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = ~a[i];
    }
  }

  public static void neg(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = -a[i];
    }
  }

  public static void abs(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.abs(a[i]);
    }
  }

  public static void shrSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.shrSigned(a[i], b[i]);
    }
  }

  public static void shrUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.shrUnsigned(a[i], b[i]);
    }
  }

  public static void minSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.min(a[i], b[i]);
    }
  }

  public static void maxSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.max(a[i], b[i]);
    }
  }

  public static void minUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.min(a[i] + Integer.MIN_VALUE, b[i] + Integer.MIN_VALUE) + Integer.MIN_VALUE;
    }
  }

  public static void maxUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.max(a[i] + Integer.MIN_VALUE, b[i] + Integer.MIN_VALUE) + Integer.MIN_VALUE;
    }
  }

  public static void divSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.divSigned(a[i], b[i]);
    }
  }

  public static void divUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.divUnsigned(a[i], b[i]);
    }
  }

  public static void remSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.remSigned(a[i], b[i]);
    }
  }

  public static void remUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.remUnsigned(a[i], b[i]);
    }
  }

  public static void mulHiSigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.mulHiSigned(a[i], b[i]);
    }
  }

  public static void mulHiUnsigned(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.mulHiUnsigned(a[i], b[i]);
    }
  }

  public static int equal(int[] a, int[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] == b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int less(int[] a, int[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int lessOrEqual(int[] a, int[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] <= b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Less, as unsigned numbers. */
  public static int below(int[] a, int[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] + Integer.MIN_VALUE < b[i] + Integer.MIN_VALUE ? 1 << i : 0;
    }
    return bits;
  }

  /** Less or equal, as unsigned numbers. */
  public static int belowOrEqual(int[] a, int[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] + Integer.MIN_VALUE <= b[i] + Integer.MIN_VALUE ? 1 << i : 0;
    }
    return bits;
  }

  public static void select(int[] d, int[] a, int[] b, int bits) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (bits << (31 - i)) < 0 ? a[i] : b[i];
    }
  }

  public static void zeroExtend16(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] & 0xffff;
    }
  }

  public static void signExtend16(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (short) a[i];
    }
  }

  public static void zeroExtend8(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] & 0xff;
    }
  }

  public static void signExtend8(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (byte) a[i];
    }
  }

  public static void populationCount(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Integer.bitCount(a[i]);
    }
  }

  public static void leadingZeros(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Integer.numberOfLeadingZeros(a[i]);
    }
  }

  public static void reverse(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Integer.reverse(a[i]);
    }
  }
}
