package dev.lockstep.simulator.intrinsic;

/**
 * Arithmetic of {@code .f16} and {@code .bf16}: raw bits in, raw bits out (0…0xffff), each result
 * rounded once to nearest even, every NaN result the canonical 0x7fff. The {@code x2} forms apply
 * an operation to both halves with {@link #lower} and {@link #upper}.
 */
public enum HalfFormat {
  /** IEEE binary16. */
  F16(0x7c00, 0x0400) {
    @Override
    public float toFloat(int bits) {
      return Float.float16ToFloat((short) bits);
    }

    @Override
    public int round(double value) {
      return Conversions.toF16(value, Rounding.NEAREST);
    }

    @Override
    int round(float value) {
      return Conversions.toF16(value);
    }

    @Override
    public int mul(int a, int b) {
      // 22 bits: exact as a float.
      return round(toFloat(a) * toFloat(b));
    }
  },
  /** The upper half of a binary32. */
  BF16(0x7f80, 0x0080) {
    @Override
    public float toFloat(int bits) {
      return Float.intBitsToFloat(bits << 16);
    }

    @Override
    public int round(double value) {
      return Conversions.toBf16(value, Rounding.NEAREST);
    }

    @Override
    int round(float value) {
      return Conversions.toBf16(value);
    }

    @Override
    public int mul(int a, int b) {
      // Exact as a double, while a float may underflow.
      return round((double) toFloat(a) * toFloat(b));
    }
  };

  private static final int NAN = 0x7fff;
  private static final int SIGN = 0x8000;

  private final int infinity;
  private final int smallestNormal;

  HalfFormat(int infinity, int smallestNormal) {
    this.infinity = infinity;
    this.smallestNormal = smallestNormal;
  }

  /** Exact. Bits above the 16th are ignored. */
  public abstract float toFloat(int bits);

  /** The nearest value of this format. */
  public abstract int round(double value);

  /** The nearest value of this format. */
  abstract int round(float value);

  /**
   * {@code add.rn}. A float has more than twice the bits and two more, so that rounding to it first
   * does no harm (Figueroa, "When is double rounding innocuous?", 1995), and tiny sums are exact.
   */
  public int add(int a, int b) {
    return round(toFloat(a) + toFloat(b));
  }

  /** {@code sub.rn}: a and the negated b, added. */
  public int sub(int a, int b) {
    return add(a, neg(b));
  }

  /** {@code mul.rn}. */
  public abstract int mul(int a, int b);

  /** {@code fma.rn}: a·b + c, rounded once. */
  public int fma(int a, int b, int c) {
    return round(ExactSum.toOdd((double) toFloat(a) * toFloat(b), toFloat(c)));
  }

  /** {@code min}: the number when the other is NaN; −0 is below +0. */
  public int min(int a, int b) {
    return round(FloatOps.min(toFloat(a), toFloat(b)));
  }

  /** {@code max}: the number when the other is NaN; −0 is below +0. */
  public int max(int a, int b) {
    return round(FloatOps.max(toFloat(a), toFloat(b)));
  }

  /** {@code min.NaN}: NaN when either is NaN. */
  public int minNaN(int a, int b) {
    return round(FloatOps.minNaN(toFloat(a), toFloat(b)));
  }

  /** {@code max.NaN}: NaN when either is NaN. */
  public int maxNaN(int a, int b) {
    return round(FloatOps.maxNaN(toFloat(a), toFloat(b)));
  }

  /** {@code neg}: flips the sign bit, of a NaN too. */
  public int neg(int a) {
    return (a ^ SIGN) & 0xffff;
  }

  /** {@code abs}: clears the sign bit; NaN becomes canonical. */
  public int abs(int a) {
    return isNaN(a) ? NAN : a & 0x7fff;
  }

  /** {@code .xorsign}: {@code value} with the sign that a·b has; a NaN stays as it is. */
  public int xorSign(int a, int b, int value) {
    return isNaN(value) ? value : (value & 0x7fff) | ((a ^ b) & SIGN);
  }

  /** {@code .relu}: negative becomes +0, NaN the canonical NaN. */
  public int relu(int a) {
    if (isNaN(a)) {
      return NAN;
    }
    return (a & SIGN) != 0 ? 0 : a & 0xffff;
  }

  /** {@code .sat}: clamps to [0, 1]; NaN gives +0. */
  public int saturate(int a) {
    return round(FloatOps.saturate(toFloat(a)));
  }

  /** {@code .satfinite}: infinity becomes the largest number of its sign; NaN stays NaN. */
  public int saturateFinite(int a) {
    return (a & 0x7fff) == infinity ? a - 1 : a;
  }

  /** {@code .ftz}: a subnormal becomes the zero of its sign. */
  public int flush(int a) {
    return (a & 0x7fff) < smallestNormal ? a & SIGN : a & 0xffff;
  }

  /** True for any NaN. */
  public boolean isNaN(int bits) {
    return (bits & 0x7fff) > infinity;
  }

  /** First element of a packed pair. */
  public static int lower(int pair) {
    return pair & 0xffff;
  }

  /** Second element of a packed pair. */
  public static int upper(int pair) {
    return pair >>> 16;
  }
}
