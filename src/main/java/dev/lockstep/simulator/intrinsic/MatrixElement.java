package dev.lockstep.simulator.intrinsic;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The element types of {@code mma} and {@code wmma} (PTX ISA 9.7.14.2). */
public enum MatrixElement {
  F16(16, -14),
  BF16(16, -126),
  /** A float whose low 13 bits are ignored. */
  TF32(32, -126),
  /** Four bits of exponent, three of fraction, no infinities. */
  E4M3(8, -6),
  /** The upper byte of an {@link #F16}. */
  E5M2(8, -14),
  /** Accumulators only. */
  F32(32, -126),
  F64(64, -1022),
  S8(8),
  U8(8),
  S4(4),
  U4(4),
  B1(1),
  /** Accumulators only. */
  S32(32);

  private static final Map<String, MatrixElement> BY_NAME = byName();

  private final int bits;
  private final int minExponent;
  private final boolean isFloat;

  MatrixElement(int bits) {
    this.bits = bits;
    this.minExponent = 0;
    this.isFloat = false;
  }

  MatrixElement(int bits, int minExponent) {
    this.bits = bits;
    this.minExponent = minExponent;
    this.isFloat = true;
  }

  /** The type a modifier names, or null. */
  public static @Nullable MatrixElement named(String modifier) {
    return BY_NAME.get(modifier);
  }

  /** Size in memory and in registers. */
  public int bits() {
    return bits;
  }

  /** Whether it is a floating-point type. */
  public boolean isFloat() {
    return isFloat;
  }

  /** Exponent of the smallest normal number, and of all subnormal ones. */
  public int minExponent() {
    return minExponent;
  }

  /** The modifier's spelling. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** How many a 32-bit register holds; of 64-bit elements, how many a 64-bit register does. */
  public int perRegister() {
    return Math.max(1, 32 / bits);
  }

  /** The value of the low {@link #bits} of a pattern, exact. */
  public float toFloat(int pattern) {
    return switch (this) {
      case F16 -> Float.float16ToFloat((short) pattern);
      case BF16 -> Float.intBitsToFloat(pattern << 16);
      case TF32 -> Float.intBitsToFloat(pattern & ~0x1fff);
      case E4M3 -> e4m3(pattern);
      case E5M2 -> Float.float16ToFloat((short) (pattern << 8));
      case F32 -> Float.intBitsToFloat(pattern);
      case F64, S8, U8, S4, U4, B1, S32 -> throw new IllegalStateException(this + " is no float");
    };
  }

  private static float e4m3(int pattern) {
    int exponent = pattern >> 3 & 15;
    int fraction = pattern & 7;
    if (exponent == 15 && fraction == 7) {
      return FloatOps.NAN;
    }
    float magnitude =
        exponent == 0 ? fraction * 0x1p-9f : Math.scalb((float) (8 + fraction), exponent - 10);
    return (pattern & 0x80) != 0 ? -magnitude : magnitude;
  }

  private static Map<String, MatrixElement> byName() {
    Map<String, MatrixElement> map = new HashMap<>();
    for (MatrixElement element : values()) {
      map.put(element.spelling(), element);
    }
    return map;
  }
}
