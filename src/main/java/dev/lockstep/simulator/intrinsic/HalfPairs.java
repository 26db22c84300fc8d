package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;

/** Two 16-bit floats in one 32-bit register: the lower half is the first element. */
public final class HalfPairs {
  private HalfPairs() {}

  /** First element of a {@code .bf16x2} register, exact. */
  public static float lowerBf16(int pair) {
    return Float.intBitsToFloat(pair << 16);
  }

  /** Second element of a {@code .bf16x2} register, exact. */
  public static float upperBf16(int pair) {
    return Float.intBitsToFloat(pair & 0xffff0000);
  }

  /** First element of a {@code .f16x2} register, exact. */
  public static float lowerF16(int pair) {
    return Float.float16ToFloat((short) pair);
  }

  /** Second element of a {@code .f16x2} register, exact. */
  public static float upperF16(int pair) {
    return Float.float16ToFloat((short) (pair >> 16));
  }

  /** The register whose lower half is {@code lower}; bits above the 16th are ignored. */
  public static int pack(int lower, int upper) {
    return (upper << 16) | (lower & 0xffff);
  }

  static boolean isBf16(DType input) {
    return switch (input) {
      case BF16 -> true;
      case F16 -> false;
      case F32, F64, I32 ->
          throw new IllegalArgumentException("mma input " + input + " must be F16 or BF16");
    };
  }
}
