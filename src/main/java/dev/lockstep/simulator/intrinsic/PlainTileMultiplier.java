package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;

/**
 * {@link TileMultiplier} in plain Java: two rows of eight sums at a time in locals. A and B are
 * unpacked by rows.
 */
final class PlainTileMultiplier implements TileMultiplier {
  private static final int LANES = 32;

  @Override
  public void unpackA(DType input, int[] register, int number, float[] to, int at) {
    boolean bf16 = HalfPairs.isBf16(input);
    int first = at + 128 * (number & 1) + 8 * (number >> 1);
    for (int lane = 0; lane < LANES; lane++) {
      int pair = register[lane];
      int place = first + 16 * (lane >> 2) + 2 * (lane & 3);
      to[place] = bf16 ? HalfPairs.lowerBf16(pair) : HalfPairs.lowerF16(pair);
      to[place + 1] = bf16 ? HalfPairs.upperBf16(pair) : HalfPairs.upperF16(pair);
    }
  }

  @Override
  public void unpackB(DType input, int[] register, int number, float[] to, int at) {
    boolean bf16 = HalfPairs.isBf16(input);
    int first = at + 64 * number;
    for (int lane = 0; lane < LANES; lane++) {
      int pair = register[lane];
      int place = first + 16 * (lane & 3) + (lane >> 2);
      to[place] = bf16 ? HalfPairs.lowerBf16(pair) : HalfPairs.lowerF16(pair);
      to[place + 8] = bf16 ? HalfPairs.upperBf16(pair) : HalfPairs.upperF16(pair);
    }
  }

  @Override
  public void multiply(
      float[] a,
      int fromA,
      int half,
      float[] b,
      int fromB,
      float[] cEven,
      float[] cOdd,
      float[] dEven,
      float[] dOdd) {
    for (int lane = 0; lane < LANES; lane += 8) {
      twoRows(a, fromA + 128 * half + 4 * lane, b, fromB, cEven, cOdd, dEven, dOdd, lane);
    }
  }

  private static void twoRows(
      float[] a,
      int fromA,
      float[] b,
      int fromB,
      float[] cEven,
      float[] cOdd,
      float[] dEven,
      float[] dOdd,
      int lane) {
    float p0 = cEven[lane];
    float p1 = cOdd[lane];
    float p2 = cEven[lane + 1];
    float p3 = cOdd[lane + 1];
    float p4 = cEven[lane + 2];
    float p5 = cOdd[lane + 2];
    float p6 = cEven[lane + 3];
    float p7 = cOdd[lane + 3];
    float q0 = cEven[lane + 4];
    float q1 = cOdd[lane + 4];
    float q2 = cEven[lane + 5];
    float q3 = cOdd[lane + 5];
    float q4 = cEven[lane + 6];
    float q5 = cOdd[lane + 6];
    float q6 = cEven[lane + 7];
    float q7 = cOdd[lane + 7];
    for (int k = 0; k < 16; k++) {
      float x = a[fromA + k];
      float y = a[fromA + 16 + k];
      int o = fromB + 8 * k;
      float e0 = b[o];
      p0 = Math.fma(x, e0, p0);
      q0 = Math.fma(y, e0, q0);
      float e1 = b[o + 1];
      p1 = Math.fma(x, e1, p1);
      q1 = Math.fma(y, e1, q1);
      float e2 = b[o + 2];
      p2 = Math.fma(x, e2, p2);
      q2 = Math.fma(y, e2, q2);
      float e3 = b[o + 3];
      p3 = Math.fma(x, e3, p3);
      q3 = Math.fma(y, e3, q3);
      float e4 = b[o + 4];
      p4 = Math.fma(x, e4, p4);
      q4 = Math.fma(y, e4, q4);
      float e5 = b[o + 5];
      p5 = Math.fma(x, e5, p5);
      q5 = Math.fma(y, e5, q5);
      float e6 = b[o + 6];
      p6 = Math.fma(x, e6, p6);
      q6 = Math.fma(y, e6, q6);
      float e7 = b[o + 7];
      p7 = Math.fma(x, e7, p7);
      q7 = Math.fma(y, e7, q7);
    }
    dEven[lane] = FloatOps.canonical(p0);
    dOdd[lane] = FloatOps.canonical(p1);
    dEven[lane + 1] = FloatOps.canonical(p2);
    dOdd[lane + 1] = FloatOps.canonical(p3);
    dEven[lane + 2] = FloatOps.canonical(p4);
    dOdd[lane + 2] = FloatOps.canonical(p5);
    dEven[lane + 3] = FloatOps.canonical(p6);
    dOdd[lane + 3] = FloatOps.canonical(p7);
    dEven[lane + 4] = FloatOps.canonical(q0);
    dOdd[lane + 4] = FloatOps.canonical(q1);
    dEven[lane + 5] = FloatOps.canonical(q2);
    dOdd[lane + 5] = FloatOps.canonical(q3);
    dEven[lane + 6] = FloatOps.canonical(q4);
    dOdd[lane + 6] = FloatOps.canonical(q5);
    dEven[lane + 7] = FloatOps.canonical(q6);
    dOdd[lane + 7] = FloatOps.canonical(q7);
  }
}
