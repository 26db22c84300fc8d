package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link TileMultiplier} on vectors as wide as the machine's, up to 512 bits.
 *
 * <p>A lane of c0 wants, for every k, an element of A from its own row and one of B from its own
 * column. So A is unpacked to, for every k, the factors of the 32 lanes of c0 (and c1), then those
 * of c2 (and c3); and B to, for every k, the factors of the lanes of c0 (and c2), then those of c1
 * (and c3).
 */
final class VectorTileMultiplier implements TileMultiplier {
  private static final VectorSpecies<Float> F =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> I =
      F.length() == 16 ? IntVector.SPECIES_512 : IntVector.SPECIES_256;
  private static final int WIDTH = F.length();
  private static final int LANES = 32;
  private static final int UPPER_HALF = 0xffff0000;
  private static final FloatVector NAN = FloatVector.broadcast(F, FloatOps.NAN);

  private static final VectorShuffle<Float> FIRST_OF_FOUR = VectorShuffle.fromOp(F, i -> i & ~3);
  private static final VectorShuffle<Float> SECOND_OF_FOUR =
      VectorShuffle.fromOp(F, i -> i & ~3 | 1);
  private static final VectorShuffle<Float> THIRD_OF_FOUR =
      VectorShuffle.fromOp(F, i -> i & ~3 | 2);
  private static final VectorShuffle<Float> FOURTH_OF_FOUR =
      VectorShuffle.fromOp(F, i -> i & ~3 | 3);

  private static final VectorShuffle<Float> FIRST_FOUR = VectorShuffle.fromOp(F, i -> i & 3);
  private static final VectorShuffle<Float> SECOND_FOUR = VectorShuffle.fromOp(F, i -> i & 3 | 4);

  @Override
  public void unpackA(DType input, int[] register, int number, float[] to, int at) {
    boolean bf16 = HalfPairs.isBf16(input);
    int place = at + 32 * (number & 1) + 64 * 8 * (number >> 1);
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      IntVector pairs = IntVector.fromArray(I, register, lane);
      spread(lower(pairs, bf16), to, place + lane);
      spread(upper(pairs, bf16), to, place + 64 + lane);
    }
  }

  /** Each lane of four in turn to all four. */
  private static void spread(FloatVector v, float[] to, int at) {
    v.rearrange(FIRST_OF_FOUR).intoArray(to, at);
    v.rearrange(SECOND_OF_FOUR).intoArray(to, at + 128);
    v.rearrange(THIRD_OF_FOUR).intoArray(to, at + 256);
    v.rearrange(FOURTH_OF_FOUR).intoArray(to, at + 384);
  }

  @Override
  public void unpackB(DType input, int[] register, int number, float[] to, int at) {
    boolean bf16 = HalfPairs.isBf16(input);
    int place = at + 64 * 8 * number;
    for (int t = 0; t < 4; t++) {
      // Even columns, then odd ones, into what will be overwritten.
      int row = place + 128 * t;
      for (int i = 0; i < 4; i++) {
        to[row + i] = Float.intBitsToFloat(register[8 * i + t]);
        to[row + 4 + i] = Float.intBitsToFloat(register[8 * i + 4 + t]);
      }
    }
    for (int t = 0; t < 4; t++) {
      int row = place + 128 * t;
      IntVector pairs = FloatVector.fromArray(F, to, row).reinterpretAsInts();
      repeat(lower(pairs, bf16), to, row);
      repeat(upper(pairs, bf16), to, row + 64);
    }
  }

  private static void repeat(FloatVector v, float[] to, int at) {
    FloatVector even = v.rearrange(FIRST_FOUR);
    FloatVector odd = v.rearrange(SECOND_FOUR);
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      even.intoArray(to, at + lane);
      odd.intoArray(to, at + 32 + lane);
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
    int rows = fromA + LANES * half;
    for (int lane = 0; lane < LANES; lane += 2 * WIDTH) {
      FloatVector s0 = FloatVector.fromArray(F, cEven, lane);
      FloatVector s1 = FloatVector.fromArray(F, cEven, lane + WIDTH);
      FloatVector s2 = FloatVector.fromArray(F, cOdd, lane);
      FloatVector s3 = FloatVector.fromArray(F, cOdd, lane + WIDTH);
      // Two steps of k at a time, so that this method is too large for C2 to inline it: in its
      // caller it would not all fit, and vectors would be boxed.
      for (int k = 0; k < 16 * 64; k += 128) {
        FloatVector x0 = FloatVector.fromArray(F, a, rows + k + lane);
        FloatVector x1 = FloatVector.fromArray(F, a, rows + k + lane + WIDTH);
        FloatVector even = FloatVector.fromArray(F, b, fromB + k);
        FloatVector odd = FloatVector.fromArray(F, b, fromB + k + 32);
        s0 = x0.fma(even, s0);
        s1 = x1.fma(even, s1);
        s2 = x0.fma(odd, s2);
        s3 = x1.fma(odd, s3);
        x0 = FloatVector.fromArray(F, a, rows + k + 64 + lane);
        x1 = FloatVector.fromArray(F, a, rows + k + 64 + lane + WIDTH);
        even = FloatVector.fromArray(F, b, fromB + k + 64);
        odd = FloatVector.fromArray(F, b, fromB + k + 96);
        s0 = x0.fma(even, s0);
        s1 = x1.fma(even, s1);
        s2 = x0.fma(odd, s2);
        s3 = x1.fma(odd, s3);
      }
      canonical(s0).intoArray(dEven, lane);
      canonical(s1).intoArray(dEven, lane + WIDTH);
      canonical(s2).intoArray(dOdd, lane);
      canonical(s3).intoArray(dOdd, lane + WIDTH);
    }
  }

  private static FloatVector lower(IntVector pairs, boolean bf16) {
    IntVector bits = pairs.lanewise(VectorOperators.LSHL, 16);
    return bf16 ? bits.reinterpretAsFloats() : fromUpperF16(bits);
  }

  private static FloatVector upper(IntVector pairs, boolean bf16) {
    IntVector bits = pairs.lanewise(VectorOperators.AND, UPPER_HALF);
    return bf16 ? bits.reinterpretAsFloats() : fromUpperF16(bits);
  }

  /**
   * As in {@link VectorTensorCore}: shifted and scaled, infinities and NaNs put right. Written
   * twice as one method that sees vectors of two widths has them boxed, which takes 25 times as
   * long.
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

  private static FloatVector canonical(FloatVector v) {
    return v.blend(NAN, v.compare(VectorOperators.NE, v));
  }
}
