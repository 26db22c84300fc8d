package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;

/** {@link TensorCore} in plain Java loops: runs everywhere. */
final class PlainTensorCore implements TensorCore {
  private static final int LANES = 32;

  @Override
  public void m16n8k16(
      DType input,
      float[] d0,
      float[] d1,
      float[] d2,
      float[] d3,
      int[] a0,
      int[] a1,
      int[] a2,
      int[] a3,
      int[] b0,
      int[] b1,
      float[] c0,
      float[] c1,
      float[] c2,
      float[] c3,
      Scratch scratch) {
    boolean bf16 = HalfPairs.isBf16(input);
    unpackA(bf16, a0, scratch.a, 0);
    unpackA(bf16, a1, scratch.a, 64);
    unpackA(bf16, a2, scratch.a, 128);
    unpackA(bf16, a3, scratch.a, 192);
    unpackB(bf16, b0, scratch.b, 0);
    unpackB(bf16, b1, scratch.b, 64);
    loadC(c0, c1, scratch.c, 0);
    loadC(c2, c3, scratch.c, 64);
    for (int row = 0; row < 8; row++) {
      accumulateRow(scratch, 4 * row, 0, 8 * row);
      accumulateRow(scratch, 4 * row + 128, 64, 8 * row);
      accumulateRow(scratch, 4 * row + 64, 0, 8 * row + 64);
      accumulateRow(scratch, 4 * row + 192, 64, 8 * row + 64);
    }
    storeD(scratch.c, 0, d0, d1);
    storeD(scratch.c, 64, d2, d3);
  }

  @Override
  public void m16n8k8(
      DType input,
      float[] d0,
      float[] d1,
      float[] d2,
      float[] d3,
      int[] a0,
      int[] a1,
      int[] b0,
      float[] c0,
      float[] c1,
      float[] c2,
      float[] c3,
      Scratch scratch) {
    boolean bf16 = HalfPairs.isBf16(input);
    unpackA(bf16, a0, scratch.a, 0);
    unpackA(bf16, a1, scratch.a, 64);
    unpackB(bf16, b0, scratch.b, 0);
    loadC(c0, c1, scratch.c, 0);
    loadC(c2, c3, scratch.c, 64);
    for (int row = 0; row < 8; row++) {
      accumulateRow(scratch, 4 * row, 0, 8 * row);
      accumulateRow(scratch, 4 * row + 64, 0, 8 * row + 64);
    }
    storeD(scratch.c, 0, d0, d1);
    storeD(scratch.c, 64, d2, d3);
  }

  private static void unpackA(boolean bf16, int[] register, float[] a, int at) {
    for (int lane = 0; lane < LANES; lane++) {
      int pair = register[lane];
      a[at + lane] = bf16 ? HalfPairs.lowerBf16(pair) : HalfPairs.lowerF16(pair);
      a[at + 32 + lane] = bf16 ? HalfPairs.upperBf16(pair) : HalfPairs.upperF16(pair);
    }
  }

  private static void unpackB(boolean bf16, int[] register, float[] b, int at) {
    for (int lane = 0; lane < LANES; lane++) {
      int pair = register[lane];
      int o = at + (lane & 3) * 16 + (lane >> 2);
      b[o] = bf16 ? HalfPairs.lowerBf16(pair) : HalfPairs.lowerF16(pair);
      b[o + 8] = bf16 ? HalfPairs.upperBf16(pair) : HalfPairs.upperF16(pair);
    }
  }

  private static void loadC(float[] even, float[] odd, float[] c, int at) {
    for (int lane = 0; lane < LANES; lane++) {
      c[at + 2 * lane] = even[lane];
      c[at + 2 * lane + 1] = odd[lane];
    }
  }

  private static void storeD(float[] c, int at, float[] even, float[] odd) {
    for (int lane = 0; lane < LANES; lane++) {
      even[lane] = FloatOps.canonical(c[at + 2 * lane]);
      odd[lane] = FloatOps.canonical(c[at + 2 * lane + 1]);
    }
  }

  /** Adds eight products, k ascending, to one row of eight sums held in locals. */
  private static void accumulateRow(Scratch scratch, int a, int b, int c) {
    float[] left = scratch.a;
    float[] right = scratch.b;
    float[] sums = scratch.c;
    float s0 = sums[c];
    float s1 = sums[c + 1];
    float s2 = sums[c + 2];
    float s3 = sums[c + 3];
    float s4 = sums[c + 4];
    float s5 = sums[c + 5];
    float s6 = sums[c + 6];
    float s7 = sums[c + 7];
    for (int k = 0; k < 8; k++) {
      // Even k sits in the lower halves, odd k in the upper ones, 32 further on.
      float x = left[a + (k >> 1) + 32 * (k & 1)];
      int o = b + 8 * k;
      s0 = Math.fma(x, right[o], s0);
      s1 = Math.fma(x, right[o + 1], s1);
      s2 = Math.fma(x, right[o + 2], s2);
      s3 = Math.fma(x, right[o + 3], s3);
      s4 = Math.fma(x, right[o + 4], s4);
      s5 = Math.fma(x, right[o + 5], s5);
      s6 = Math.fma(x, right[o + 6], s6);
      s7 = Math.fma(x, right[o + 7], s7);
    }
    sums[c] = s0;
    sums[c + 1] = s1;
    sums[c + 2] = s2;
    sums[c + 3] = s3;
    sums[c + 4] = s4;
    sums[c + 5] = s5;
    sums[c + 6] = s6;
    sums[c + 7] = s7;
  }
}
