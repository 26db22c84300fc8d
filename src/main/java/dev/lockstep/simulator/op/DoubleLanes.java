package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.FloatOps;

/** Double-precision instructions on 32 lanes. */
public final class DoubleLanes {
  private DoubleLanes() {}

  public static void move(double[] d, double[] a) {
    System.arraycopy(a, 0, d, 0, LANES);
  }

  public static void add(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] + b[i];
    }
  }

  public static void sub(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] - b[i];
    }
  }

  public static void mul(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] * b[i];
    }
  }

  public static void div(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] / b[i];
    }
  }

  public static void fma(double[] d, double[] a, double[] b, double[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.fma(a[i], b[i], c[i]);
    }
  }

  /** Flips the sign bit, of NaN too. */
  public static void neg(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = -a[i];
    }
  }

  public static void abs(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.abs(a[i]);
    }
  }

  /** {@code sqrt.rn}. */
  public static void sqrt(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.sqrt(a[i]);
    }
  }

  /** {@code rcp.rn}. */
  public static void rcp(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = 1 / a[i];
    }
  }

  public static void min(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.min(a[i], b[i]);
    }
  }

  public static void max(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.max(a[i], b[i]);
    }
  }

  /** The sign of a on the magnitude of b. */
  public static void copySign(double[] d, double[] a, double[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.copySign(a[i], b[i]);
    }
  }

  public static void saturate(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.saturate(a[i]);
    }
  }

  /** Ties to even, as {@code rni} says. */
  public static void roundNearest(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.rint(a[i]);
    }
  }

  public static void roundDown(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.floor(a[i]);
    }
  }

  public static void roundUp(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.ceil(a[i]);
    }
  }

  public static void roundZero(double[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] < 0 ? Math.ceil(a[i]) : Math.floor(a[i]);
    }
  }

  public static int equal(double[] a, double[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] == b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int less(double[] a, double[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int lessOrEqual(double[] a, double[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] <= b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Less or greater: different and neither NaN. */
  public static int lessOrGreater(double[] a, double[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] || a[i] > b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Neither is NaN. */
  public static int ordered(double[] a, double[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= !Double.isNaN(a[i]) && !Double.isNaN(b[i]) ? 1 << i : 0;
    }
    return bits;
  }

  public static void select(double[] d, double[] a, double[] b, int bits) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (bits << (31 - i)) < 0 ? a[i] : b[i];
    }
  }
}
