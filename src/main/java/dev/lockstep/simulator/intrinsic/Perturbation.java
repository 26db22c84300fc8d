package dev.lockstep.simulator.intrinsic;

/**
 * Adds to the results of approximate instructions an error as large as their {@link ErrorBound}
 * allows: a pure function of the seed, the instruction and the bits of its operands, so that it
 * does not depend on which thread computes it or when. Zeros, infinities and NaN stay as they are,
 * and no result becomes one of them or changes its sign.
 *
 * @param seed another seed gives other errors
 */
public record Perturbation(long seed) {
  /**
   * A single-precision result.
   *
   * @param exact in double precision
   * @param operands the bits of all operands
   * @param operand the first operand, flushed where the instruction says so
   * @param exactRounded what the instruction returns without perturbation
   */
  public float single(
      ErrorBound bound, long operands, double operand, double exact, float exactRounded) {
    if (!isOrdinary(exactRounded, operand)) {
      return exactRounded;
    }
    double limit = bound.at(operand, exact);
    double wanted = exact + limit * unit(bound, operands);
    float result = (float) wanted;
    if (Math.abs(result - exact) > limit) {
      result = Math.nextAfter(result, exact);
    }
    return isAllowed(bound, result, exact, limit) ? result : exactRounded;
  }

  /** A 16-bit result: raw bits; the operand's bits are {@code operand}. */
  public int half(
      ErrorBound bound, HalfFormat format, int operand, double exact, int exactRounded) {
    float value = format.toFloat(operand);
    if (!isOrdinary(format.toFloat(exactRounded), value)) {
      return exactRounded;
    }
    double limit = bound.at(value, exact);
    int bits = format.round(exact + limit * unit(bound, operand));
    double result = format.toFloat(bits);
    if (Math.abs(result - exact) > limit) {
      // A smaller magnitude has smaller bits.
      bits += Math.abs(result) > Math.abs(exact) ? -1 : 1;
      result = format.toFloat(bits);
    }
    return isAllowed(bound, result, exact, limit) ? bits : exactRounded;
  }

  private static boolean isOrdinary(float result, double operand) {
    return result != 0 && Float.isFinite(result) && operand != 0 && Double.isFinite(operand);
  }

  private static boolean isAllowed(ErrorBound bound, double result, double exact, double limit) {
    return Math.abs(result - exact) <= limit
        && result * exact > 0
        && Double.isFinite(result)
        && !(bound.isBounded() && Math.abs(result) > 1);
  }

  /** Evenly spread over [−1, 1). */
  private double unit(ErrorBound bound, long operands) {
    long bits = mix(mix(seed + 0x9e37_79b9_7f4a_7c15L * (bound.ordinal() + 1)) ^ operands);
    return (bits >> 10) * 0x1p-53;
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return x ^ (x >>> 31);
  }
}
