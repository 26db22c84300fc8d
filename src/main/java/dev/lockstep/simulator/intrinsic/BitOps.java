package dev.lockstep.simulator.intrinsic;

/** Bit fields, bit searches, byte permutes and masks. */
public final class BitOps {
  /** What {@code bfind} answers when there is nothing to find. */
  private static final int NOT_FOUND = -1;

  /** Byte selectors of the {@code prmt} modes, lowest result byte in the lowest nibble. */
  private static final int[][] PERMUTE = {
    {0x3210, 0x4321, 0x5432, 0x6543},
    {0x5670, 0x6701, 0x7012, 0x0123},
    {0x0000, 0x1111, 0x2222, 0x3333},
    {0x3210, 0x3211, 0x3222, 0x3333},
    {0x0000, 0x1110, 0x2210, 0x3210},
    {0x1010, 0x3232, 0x1010, 0x3232},
  };

  private BitOps() {}

  /** Modes of {@code prmt.b32} beyond the generic one. */
  public enum PermuteMode {
    /** Forward 4 extract. */
    F4E,
    /** Backward 4 extract. */
    B4E,
    /** Replicate one byte. */
    RC8,
    /** Edge clamp left. */
    ECL,
    /** Edge clamp right. */
    ECR,
    /** Replicate one half word. */
    RC16
  }

  /** {@code bfe.u32}: {@code length} bits from {@code start}, zero-extended. */
  public static int extractUnsigned(int a, int start, int length) {
    return (int) extractUnsigned(Integer.toUnsignedLong(a), start, length);
  }

  /** {@code bfe.u64}. Start and length are taken modulo 256. */
  public static long extractUnsigned(long a, int start, int length) {
    int count = length & 0xff;
    long field = IntegerOps.shrUnsigned(a, start & 0xff);
    return count < 64 ? field & ((1L << count) - 1) : field;
  }

  /** {@code bfe.s32}: the field's own highest bit, or bit 31 beyond the end, fills the rest. */
  public static int extractSigned(int a, int start, int length) {
    return (int) extractSigned((long) a, start, length);
  }

  /** {@code bfe.s64}: the field's own highest bit, or bit 63 beyond the end, fills the rest. */
  public static long extractSigned(long a, int start, int length) {
    int count = length & 0xff;
    if (count == 0) {
      return 0;
    }
    long field = IntegerOps.shrSigned(a, start & 0xff);
    return count < 64 ? field << (64 - count) >> (64 - count) : field;
  }

  /** {@code bfi.b32}: the low bits of a over b, from {@code start}. */
  public static int insert(int a, int b, int start, int length) {
    int mask = fieldMask(start & 0xff, length & 0xff);
    return (b & ~mask) | (IntegerOps.shl(a, start & 0xff) & mask);
  }

  /** {@code bfi.b64}. Start and length are taken modulo 256. */
  public static long insert(long a, long b, int start, int length) {
    int count = length & 0xff;
    long ones = count < 64 ? (1L << count) - 1 : -1L;
    long mask = IntegerOps.shl(ones, start & 0xff);
    return (b & ~mask) | (IntegerOps.shl(a, start & 0xff) & mask);
  }

  /** {@code bfind.u32}: position of the highest 1, all ones when there is none. */
  public static int findUnsigned(int a) {
    return a == 0 ? NOT_FOUND : 31 - Integer.numberOfLeadingZeros(a);
  }

  /** {@code bfind.u64}. */
  public static int findUnsigned(long a) {
    return a == 0 ? NOT_FOUND : 63 - Long.numberOfLeadingZeros(a);
  }

  /** {@code bfind.s32}: position of the highest bit that differs from the sign. */
  public static int findSigned(int a) {
    return findUnsigned(a < 0 ? ~a : a);
  }

  /** {@code bfind.s64}. */
  public static int findSigned(long a) {
    return findUnsigned(a < 0 ? ~a : a);
  }

  /**
   * {@code fns.b32}: position of the {@code |offset|}-th 1 of the mask from bit {@code base} on,
   * upwards or, for a negative offset, downwards; all ones when there is none. A base above 31,
   * which the manual leaves undefined, finds nothing.
   */
  public static int findNthSet(int mask, int base, int offset) {
    if (base < 0 || base > 31) {
      return NOT_FOUND;
    }
    if (offset == 0) {
      return (mask >>> base & 1) != 0 ? base : NOT_FOUND;
    }
    int step = offset > 0 ? 1 : -1;
    long left = Math.abs((long) offset);
    for (int position = base; position >= 0 && position < 32; position += step) {
      left -= mask >>> position & 1;
      if (left == 0) {
        return position;
      }
    }
    return NOT_FOUND;
  }

  /** {@code bmsk.b32}: {@code width} ones from bit {@code start}; clamps or wraps both at 32. */
  public static int mask(int start, int width, boolean clamp) {
    boolean startTooLarge = Integer.compareUnsigned(start, 32) >= 0;
    if (clamp && startTooLarge) {
      return 0;
    }
    return fieldMask(start & 31, extendWidth(width, clamp));
  }

  /** {@code .shiftamt}: the left shift that moves the found bit to the top of {@code width}. */
  public static int shiftAmount(int found, int width) {
    return found == NOT_FOUND ? NOT_FOUND : width - 1 - found;
  }

  /** {@code prmt.b32} without mode: a nibble of c per byte; its high bit replicates the sign. */
  public static int permute(int a, int b, int c) {
    long bytes = ((long) b << 32) | Integer.toUnsignedLong(a);
    int result = 0;
    for (int i = 0; i < 4; i++) {
      int selector = c >>> (4 * i);
      int chosen = (byte) (bytes >>> (8 * (selector & 7)));
      int value = (selector & 8) != 0 ? chosen >> 7 : chosen;
      result |= (value & 0xff) << (8 * i);
    }
    return result;
  }

  /** {@code prmt.b32.mode}: the two low bits of c choose. */
  public static int permute(int a, int b, int c, PermuteMode mode) {
    return permute(a, b, PERMUTE[mode.ordinal()][c & 3]);
  }

  /** {@code szext.s32}: the low {@code width} bits of a, sign-extended; 0 for no bits. */
  public static int signExtend(int a, int width, boolean clamp) {
    int bits = extendWidth(width, clamp);
    return bits == 32 ? a : extractSigned(a, 0, bits);
  }

  /** {@code szext.u32}: the low {@code width} bits of a, zero-extended. */
  public static int zeroExtend(int a, int width, boolean clamp) {
    return extractUnsigned(a, 0, extendWidth(width, clamp));
  }

  private static int extendWidth(int width, boolean clamp) {
    boolean tooLarge = Integer.compareUnsigned(width, 32) >= 0;
    return clamp && tooLarge ? 32 : width & 31;
  }

  private static int fieldMask(int start, int length) {
    return IntegerOps.shl(length < 32 ? (1 << length) - 1 : -1, start);
  }
}
