package dev.lockstep.simulator.intrinsic;

import dev.lockstep.device.MatrixMode;

/**
 * Tensor cores as MMA-Sim models them (Xie et al., arXiv 2511.10909, reported to agree with the
 * hardware bit by bit): products go in groups, in the order of k, and each group is added to the
 * sum so far in fixed point.
 *
 * <ul>
 *   <li>The exponent of a product is the sum of its factors' exponents, that of a subnormal number
 *       its format's smallest. The largest among the group's products and the addend, zeros left
 *       aside, counts.
 *   <li>Each term is cut toward zero at F binary places of that exponent: 24 on sm_80, 25 on sm_90.
 *   <li>Their exact sum is rounded toward zero to f32, or to nearest even to f16. A sum of zero is
 *       +0.
 *   <li>A group is 16 bytes of a row of A on sm_80, 32 bytes on sm_90.
 *   <li>Infinities and NaNs give what exact arithmetic would; NaN is 0x7fffffff, in f16 0x7fff.
 * </ul>
 */
public final class ModelledTensorCore implements Accumulation {
  private final int fractionBits;
  private final int group;
  private final int minExponentOfA;
  private final int minExponentOfB;
  private final int minExponentOfC;
  private final MatrixElement result;

  /**
   * @param mode not {@link MatrixMode#FAST}
   */
  public ModelledTensorCore(
      MatrixMode mode, MatrixElement a, MatrixElement b, MatrixElement c, MatrixElement d) {
    boolean hopper =
        switch (mode) {
          case SM_80 -> false;
          case SM_90 -> true;
          case FAST -> throw new IllegalArgumentException("nothing is modelled");
        };
    this.fractionBits = hopper ? 25 : 24;
    this.group = (hopper ? 256 : 128) / a.bits();
    this.minExponentOfA = a.minExponent();
    this.minExponentOfB = b.minExponent();
    this.minExponentOfC = c.minExponent();
    this.result = d;
  }

  @Override
  public void multiply(MatrixShape shape, float[] a, float[] b, float[] c) {
    int k = shape.k();
    for (int matrix = 0; matrix < shape.matrices(); matrix++) {
      for (int i = 0; i < shape.m(); i++) {
        int row = matrix * shape.m() + i;
        for (int j = 0; j < shape.n(); j++) {
          int column = matrix * shape.n() + j;
          int at = row * shape.n() + j;
          c[at] = dot(k, a, row * k, b, column * k, c[at]);
        }
      }
    }
  }

  private float dot(int k, float[] a, int row, float[] b, int column, float c) {
    float sum = c;
    int minExponent = minExponentOfC;
    for (int from = 0; from < k; from += group) {
      int length = Math.min(group, k - from);
      sum = add(length, a, row + from, b, column + from, sum, minExponent);
      minExponent = result.minExponent();
    }
    return sum;
  }

  private float add(
      int length, float[] a, int row, float[] b, int column, float c, int minExponent) {
    // Products of two such factors are exact in double and far from overflow, so this finds
    // infinities and NaNs.
    double special = c;
    int largest = c == 0 ? Integer.MIN_VALUE : Math.max(Math.getExponent(c), minExponent);
    for (int l = 0; l < length; l++) {
      float x = a[row + l];
      float y = b[column + l];
      special += (double) x * y;
      if (x != 0 && y != 0) {
        int exponent =
            Math.max(Math.getExponent(x), minExponentOfA)
                + Math.max(Math.getExponent(y), minExponentOfB);
        largest = Math.max(largest, exponent);
      }
    }
    if (!Double.isFinite(special)) {
      return FloatOps.canonical((float) special);
    }
    if (largest == Integer.MIN_VALUE) {
      return 0;
    }
    double scale = Math.scalb(1.0, fractionBits - largest);
    // A cast to long cuts toward zero.
    long sum = (long) (c * scale);
    for (int l = 0; l < length; l++) {
      sum += (long) ((double) a[row + l] * b[column + l] * scale);
    }
    double exact = Math.scalb((double) sum, largest - fractionBits);
    return result == MatrixElement.F16
        ? Float.float16ToFloat((short) Conversions.toF16(exact, Rounding.NEAREST))
        : towardZero(exact);
  }

  /** Unlike {@code cvt.rz}, too large a sum becomes infinite. */
  private static float towardZero(double exact) {
    return Math.abs(exact) >= 0x1p128 ? (float) exact : Conversions.toFloat(exact, Rounding.ZERO);
  }
}
