package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.FloatOps;

/** Single-precision instructions on 32 lanes. */
public final class FloatLanes {
  private FloatLanes() {}

  public static void move(float[] d, float[] a) {
    System.arraycopy(a, 0, d, 0, LANES);
  }

  public static void div(float[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.canonical(a[i] / b[i]);
    }
  }

  /** Flips the sign bit, of NaN too. */
  public static void neg(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = -a[i];
    }
  }

  public static void abs(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Math.abs(a[i]);
    }
  }

  /** {@code sqrt.rn}: a double root rounded to float is the correctly rounded float root. */
  public static void sqrt(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.canonical((float) Math.sqrt(a[i]));
    }
  }

  /** {@code rcp.rn}. */
  public static void rcp(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.canonical(1 / a[i]);
    }
  }

  public static void min(float[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.min(a[i], b[i]);
    }
  }

  public static void minNaN(float[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.minNaN(a[i], b[i]);
    }
  }

  public static void maxNaN(float[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.maxNaN(a[i], b[i]);
    }
  }

  /** The sign of a on the magnitude of b. */
  public static void copySign(float[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.copySign(a[i], b[i]);
    }
  }

  public static void flush(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.flush(a[i]);
    }
  }

  public static void saturate(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = FloatOps.saturate(a[i]);
    }
  }

  /** Ties to even, as {@code rni} says. */
  public static void roundNearest(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) Math.rint(a[i]);
    }
  }

  public static void roundDown(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) Math.floor(a[i]);
    }
  }

  public static void roundUp(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) Math.ceil(a[i]);
    }
  }

  public static void roundZero(float[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) (a[i] < 0 ? Math.ceil(a[i]) : Math.floor(a[i]));
    }
  }

  public static int equal(float[] a, float[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] == b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int less(float[] a, float[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] ? 1 << i : 0;
    }
    return bits;
  }

  public static int lessOrEqual(float[] a, float[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] <= b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Less or greater: different and neither NaN. */
  public static int lessOrGreater(float[] a, float[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= a[i] < b[i] || a[i] > b[i] ? 1 << i : 0;
    }
    return bits;
  }

  /** Neither is NaN. */
  public static int ordered(float[] a, float[] b) {
    int bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= !Float.isNaN(a[i]) && !Float.isNaN(b[i]) ? 1 << i : 0;
    }
    return bits;
  }

  public static void select(float[] d, float[] a, float[] b, int bits) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (bits << (31 - i)) < 0 ? a[i] : b[i];
    }
  }
}
