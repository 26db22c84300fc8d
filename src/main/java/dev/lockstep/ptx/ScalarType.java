package dev.lockstep.ptx;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The scalar types of PTX (PTX ISA 5.2), packed pairs included. */
public enum ScalarType {
  PRED(0),
  B8(1),
  U8(1),
  S8(1),
  B16(2),
  U16(2),
  S16(2),
  F16(2),
  BF16(2),
  B32(4),
  U32(4),
  S32(4),
  F32(4),
  TF32(4),
  U16X2(4),
  S16X2(4),
  F16X2(4),
  BF16X2(4),
  E4M3X2(2),
  E5M2X2(2),
  B64(8),
  U64(8),
  S64(8),
  F64(8),
  F32X2(8),
  B128(16);

  private static final Map<String, ScalarType> BY_NAME = byName();

  private final int bytes;

  ScalarType(int bytes) {
    this.bytes = bytes;
  }

  /** The type a modifier such as {@code f32} names, or null. */
  public static @Nullable ScalarType named(String modifier) {
    return BY_NAME.get(modifier);
  }

  /** Size in memory; 0 for predicates, which have none. */
  public int bytes() {
    return bytes;
  }

  /** Size in bits. */
  public int bits() {
    return bytes * 8;
  }

  /** Whether arithmetic on it is two's complement with a sign. */
  public boolean isSigned() {
    return this == S8 || this == S16 || this == S32 || this == S64;
  }

  /** Whether it is a binary floating-point type (single values, not packed pairs). */
  public boolean isFloat() {
    return this == F16 || this == BF16 || this == F32 || this == TF32 || this == F64;
  }

  /** The modifier's spelling, for example {@code f32}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, ScalarType> byName() {
    Map<String, ScalarType> map = new HashMap<>();
    for (ScalarType type : values()) {
      map.put(type.spelling(), type);
    }
    return map;
  }
}
