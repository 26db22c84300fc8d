package dev.lockstep.numeric;

/** Element type of a tensor. PTX's own types are another matter: see package {@code ptx}. */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4, "f32"),
  /** IEEE 754 binary16. */
  F16(2, "f16"),
  /** The upper half of a binary32: 8 exponent bits, 7 fraction bits. */
  BF16(2, "bf16"),
  /** Two's complement, 32 bits: token ids and targets. */
  I32(4, "i32"),
  /** IEEE 754 binary64: the reference's type; no kernel stores it. */
  F64(8, "f64");

  private final int byteSize;
  private final String suffix;

  DType(int byteSize, String suffix) {
    this.byteSize = byteSize;
    this.suffix = suffix;
  }

  /** Bytes one element takes. */
  public int byteSize() {
    return byteSize;
  }

  /** The name kernels and the command line use: {@code f32}, {@code bf16}, … */
  public String suffix() {
    return suffix;
  }

  /** True for the types that hold real numbers. */
  public boolean isFloating() {
    return this != I32;
  }

  /**
   * Half the distance between 1 and the next larger number: the largest relative error of one
   * rounding to nearest. Zero for {@link #I32}.
   */
  public double unitRoundoff() {
    return switch (this) {
      case F32 -> 0x1p-24;
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F64 -> 0x1p-53;
      case I32 -> 0;
    };
  }

  /**
   * Rounds to the nearest value this type can store, ties to even.
   *
   * @throws IllegalArgumentException for {@link #I32}, which is never rounded to in silence
   */
  public double round(double value) {
    return switch (this) {
      case F64 -> value;
      case F32 -> (float) value;
      case F16 -> Float16.toFloat(Float16.fromDouble(value));
      case BF16 -> BFloat16.toFloat(BFloat16.fromDouble(value));
      case I32 -> throw new IllegalArgumentException("i32 holds no fractions: cannot round to it");
    };
  }
}
