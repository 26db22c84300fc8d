package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link TensorCore} on 256-bit vectors: a vector is one row of C, its even columns first, because
 * that is four lanes of c0 beside four lanes of c1.
 *
 * <p>Kept in small methods on purpose. C2 compiles each of them with its vectors in registers; in
 * one large method it gives up inlining and boxes them, and an mma then takes ten times as long.
 */
final class VectorTensorCore implements TensorCore {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_256;
  private static final int WIDTH = 8;
  private static final int LANES = 32;
  private static final int UPPER_HALF = 0xffff0000;

  private static final VectorMask<Float> LAST_FOUR = VectorMask.fromLong(F, 0b1111_0000);
  private static final VectorShuffle<Float> SWAP_HALVES = VectorShuffle.fromOp(F, i -> i ^ 4);
  private static final FloatVector NAN = FloatVector.broadcast(F, FloatOps.NAN);

  /** False where 256-bit vectors would be emulated, which is far slower than plain loops. */
  static boolean isFast() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize() >= F.vectorBitSize();
  }

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
    int[] pairs = scratch.pairs;
    transpose(b0, pairs, 0);
    transpose(b1, pairs, 32);
    System.arraycopy(a0, 0, pairs, 64, LANES);
    System.arraycopy(a1, 0, pairs, 96, LANES);
    System.arraycopy(a2, 0, pairs, 128, LANES);
    System.arraycopy(a3, 0, pairs, 160, LANES);
    unpack(input, pairs, scratch.factors, 192);
    loadC(c0, c1, scratch.c, 0);
    loadC(c2, c3, scratch.c, 64);
    accumulate4Rows(scratch, 128, 0, 2);
    accumulate4Rows(scratch, 160, 32, 2);
    accumulate4Rows(scratch, 192, 64, 2);
    accumulate4Rows(scratch, 224, 96, 2);
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
    int[] pairs = scratch.pairs;
    transpose(b0, pairs, 0);
    System.arraycopy(a0, 0, pairs, 32, LANES);
    System.arraycopy(a1, 0, pairs, 64, LANES);
    unpack(input, pairs, scratch.factors, 96);
    loadC(c0, c1, scratch.c, 0);
    loadC(c2, c3, scratch.c, 64);
    accumulate4Rows(scratch, 64, 0, 1);
    accumulate4Rows(scratch, 96, 32, 1);
    accumulate4Rows(scratch, 128, 64, 1);
    accumulate4Rows(scratch, 160, 96, 1);
    storeD(scratch.c, 0, d0, d1);
    storeD(scratch.c, 64, d2, d3);
  }

  /** Lanes (column g, pair t) to rows of pairs t, even columns first. */
  private static void transpose(int[] register, int[] pairs, int at) {
    for (int t = 0; t < 4; t++) {
      for (int i = 0; i < 4; i++) {
        pairs[at + 8 * t + i] = register[8 * i + t];
        pairs[at + 8 * t + 4 + i] = register[8 * i + 4 + t];
      }
    }
  }

  /**
   * All factors in one loop: with one for each register C2 reaches the end of what it inlines in
   * the middle of them, and boxes vectors.
   */
  private static void unpack(DType input, int[] pairs, float[] factors, int count) {
    if (HalfPairs.isBf16(input)) {
      for (int i = 0; i < count; i += WIDTH) {
        IntVector row = IntVector.fromArray(I, pairs, i);
        lowerBf16(row).intoArray(factors, 2 * i);
        upperBf16(row).intoArray(factors, 2 * i + WIDTH);
      }
    } else {
      for (int i = 0; i < count; i += WIDTH) {
        IntVector row = IntVector.fromArray(I, pairs, i);
        fromUpperF16(row.lanewise(VectorOperators.LSHL, 16)).intoArray(factors, 2 * i);
        fromUpperF16(row.lanewise(VectorOperators.AND, UPPER_HALF))
            .intoArray(factors, 2 * i + WIDTH);
      }
    }
  }

  private static FloatVector lowerBf16(IntVector pairs) {
    return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector upperBf16(IntVector pairs) {
    return pairs.lanewise(VectorOperators.AND, UPPER_HALF).reinterpretAsFloats();
  }

  /**
   * binary16 in the upper half of each element, to float. Exponent and fraction moved to a float's
   * place give the value times 2⁻¹¹², subnormals included; infinities and NaNs, then at or above
   * 2¹⁶, get the full exponent.
   */
  private static FloatVector fromUpperF16(IntVector bits) {
    IntVector sign = bits.lanewise(VectorOperators.AND, 0x80000000);
    FloatVector magnitude =
        bits.lanewise(VectorOperators.AND, 0x7fff0000)
            .lanewise(VectorOperators.LSHR, 3)
            .reinterpretAsFloats()
            .mul(0x1p112f);
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x1p16f).cast(I);
    IntVector result = magnitude.reinterpretAsInts().lanewise(VectorOperators.OR, sign);
    return result
        .blend(result.lanewise(VectorOperators.OR, 0x7f800000), special)
        .reinterpretAsFloats();
  }

  /** Two rows per step: [evens of r | evens of r+1], [odds of r | odds of r+1] → row r, row r+1. */
  private static void loadC(float[] even, float[] odd, float[] c, int at) {
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      FloatVector e = FloatVector.fromArray(F, even, lane);
      FloatVector o = FloatVector.fromArray(F, odd, lane);
      e.blend(o.rearrange(SWAP_HALVES), LAST_FOUR).intoArray(c, at + 2 * lane);
      e.rearrange(SWAP_HALVES).blend(o, LAST_FOUR).intoArray(c, at + 2 * lane + WIDTH);
    }
  }

  private static void storeD(float[] c, int at, float[] even, float[] odd) {
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      FloatVector first = FloatVector.fromArray(F, c, at + 2 * lane);
      FloatVector second = FloatVector.fromArray(F, c, at + 2 * lane + WIDTH);
      first.blend(second.rearrange(SWAP_HALVES), LAST_FOUR).intoArray(even, lane);
      first.rearrange(SWAP_HALVES).blend(second, LAST_FOUR).intoArray(odd, lane);
    }
  }

  /**
   * Adds 8·{@code halves} products to four rows of sums, k ascending.
   *
   * @param a where the first row's first element stands in {@code scratch.factors}
   * @param c where the first row stands in {@code scratch.c}
   */
  private static void accumulate4Rows(Scratch scratch, int a, int c, int halves) {
    float[] factors = scratch.factors;
    float[] sums = scratch.c;
    FloatVector s0 = FloatVector.fromArray(F, sums, c);
    FloatVector s1 = FloatVector.fromArray(F, sums, c + 8);
    FloatVector s2 = FloatVector.fromArray(F, sums, c + 16);
    FloatVector s3 = FloatVector.fromArray(F, sums, c + 24);
    for (int half = 0; half < halves; half++) {
      for (int t = 0; t < 4; t++) {
        int x = a + 128 * half + t;
        int k = 64 * half + 16 * t;
        FloatVector even = FloatVector.fromArray(F, factors, k);
        s0 = even.fma(FloatVector.broadcast(F, factors[x]), s0);
        s1 = even.fma(FloatVector.broadcast(F, factors[x + 4]), s1);
        s2 = even.fma(FloatVector.broadcast(F, factors[x + 16]), s2);
        s3 = even.fma(FloatVector.broadcast(F, factors[x + 20]), s3);
        FloatVector odd = FloatVector.fromArray(F, factors, k + 8);
        s0 = odd.fma(FloatVector.broadcast(F, factors[x + 8]), s0);
        s1 = odd.fma(FloatVector.broadcast(F, factors[x + 12]), s1);
        s2 = odd.fma(FloatVector.broadcast(F, factors[x + 24]), s2);
        s3 = odd.fma(FloatVector.broadcast(F, factors[x + 28]), s3);
      }
    }
    canonical(s0).intoArray(sums, c);
    canonical(s1).intoArray(sums, c + 8);
    canonical(s2).intoArray(sums, c + 16);
    canonical(s3).intoArray(sums, c + 24);
  }

  private static FloatVector canonical(FloatVector v) {
    return v.blend(NAN, v.compare(VectorOperators.NE, v));
  }
}
