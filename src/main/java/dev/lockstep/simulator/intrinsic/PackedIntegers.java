package dev.lockstep.simulator.intrinsic;

import java.util.function.IntBinaryOperator;

/**
 * Integers side by side in a register, as the SIMD video instructions take them.
 *
 * @param bits of each, 8 or 16
 * @param signedA how those of the first operand are read, {@code signedB} of the second
 * @param signedResult what {@code saturate} clamps to
 * @param saturate whether results are clamped before they are cut to their bits
 */
public record PackedIntegers(
    int bits, boolean signedA, boolean signedB, boolean signedResult, boolean saturate) {

  /** The average, rounded up where the sum is not negative and down where it is. */
  public static int average(int a, int b) {
    int sum = a + b;
    return (sum >= 0 ? sum + 1 : sum) >> 1;
  }

  /** Applies a function to each pair; the results take their places. */
  public int each(int a, int b, IntBinaryOperator function) {
    int mask = (1 << bits) - 1;
    int result = 0;
    for (int shift = 0; shift < 32; shift += bits) {
      int value = function.applyAsInt(read(a >>> shift, signedA), read(b >>> shift, signedB));
      result |= (saturate ? clamp(value) : value) << shift & mask << shift;
    }
    return result;
  }

  /** The sum, modulo 2³², of what a function makes of each pair that {@code mask} covers. */
  public int sum(int a, int b, int mask, IntBinaryOperator function) {
    int sum = 0;
    for (int shift = 0; shift < 32; shift += bits) {
      if ((mask >>> shift & 1) != 0) {
        sum += function.applyAsInt(read(a >>> shift, signedA), read(b >>> shift, signedB));
      }
    }
    return sum;
  }

  private int read(int word, boolean signed) {
    int unused = 32 - bits;
    return signed ? word << unused >> unused : word << unused >>> unused;
  }

  private int clamp(int value) {
    int high = (1 << (signedResult ? bits - 1 : bits)) - 1;
    return Math.clamp(value, signedResult ? -high - 1 : 0, high);
  }
}
