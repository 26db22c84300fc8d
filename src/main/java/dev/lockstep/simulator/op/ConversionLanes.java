package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.Conversions;

/** Conversions between register classes on 32 lanes: the frequent ones, each its own loop. */
public final class ConversionLanes {
  private ConversionLanes() {}

  public static void bitsToFloat(float[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Float.intBitsToFloat(a[i]);
    }
  }

  public static void floatToBits(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Float.floatToRawIntBits(a[i]);
    }
  }

  public static void bitsToDouble(double[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Double.longBitsToDouble(a[i]);
    }
  }

  public static void doubleToBits(long[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Double.doubleToRawLongBits(a[i]);
    }
  }

  public static void signedToLong(long[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i];
    }
  }

  public static void unsignedToLong(long[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] & 0xffff_ffffL;
    }
  }

  public static void longToInt(int[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (int) a[i];
    }
  }

  public static void signedToFloat(float[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) a[i];
    }
  }

  public static void unsignedToFloat(float[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) (a[i] & 0xffff_ffffL);
    }
  }

  public static void signedToDouble(double[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i];
    }
  }

  public static void unsignedToDouble(double[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (double) (a[i] & 0xffff_ffffL);
    }
  }

  public static void signedLongToFloat(float[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) a[i];
    }
  }

  /** Toward zero; clamps, NaN gives 0. */
  public static void floatToSigned(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (int) a[i];
    }
  }

  /** Toward zero; clamps, NaN gives 0. */
  public static void floatToUnsigned(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (int) Math.clamp((long) a[i], 0L, 0xffff_ffffL);
    }
  }

  /** To the nearest, ties to even; clamps, NaN gives 0. */
  public static void floatToNearestSigned(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (int) Math.rint(a[i]);
    }
  }

  public static void floatToDouble(double[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i];
    }
  }

  public static void doubleToFloat(float[] d, double[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (float) a[i];
    }
  }

  public static void bf16ToFloat(float[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Float.intBitsToFloat(a[i] << 16);
    }
  }

  public static void f16ToFloat(float[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Float.float16ToFloat((short) a[i]);
    }
  }

  public static void floatToBf16(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Conversions.toBf16(a[i]);
    }
  }

  public static void floatToF16(int[] d, float[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Conversions.toF16(a[i]);
    }
  }

  /** The first source goes to the upper half. */
  public static void floatsToBf16x2(int[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Conversions.toBf16x2(a[i], b[i]);
    }
  }

  /** The first source goes to the upper half. */
  public static void floatsToF16x2(int[] d, float[] a, float[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = Conversions.toF16x2(a[i], b[i]);
    }
  }

  public static void highInt(int[] d, long[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (int) (a[i] >>> 32);
    }
  }

  /** The first source becomes the lower half. */
  public static void joinInts(long[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (a[i] & 0xffff_ffffL) | (long) b[i] << 32;
    }
  }

  public static void highShort(int[] d, int[] a) {
    for (int i = 0; i < LANES; i++) {
      d[i] = a[i] >>> 16;
    }
  }

  /** The first source becomes the lower half. */
  public static void joinShorts(int[] d, int[] a, int[] b) {
    for (int i = 0; i < LANES; i++) {
      d[i] = (a[i] & 0xffff) | b[i] << 16;
    }
  }
}
