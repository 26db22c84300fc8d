package dev.lockstep.simulator.intrinsic;

/**
 * Integer arithmetic where PTX differs from Java: clamping shifts, division by zero, saturation,
 * high halves of products. 16-bit values are {@code int}s already extended as their type asks.
 */
public final class IntegerOps {
  private IntegerOps() {}

  /** {@code shl.b32}: an amount above 31, read as unsigned, gives 0. */
  public static int shl(int a, int amount) {
    return isBelow(amount, 32) ? a << amount : 0;
  }

  /** {@code shl.b64}: an amount above 63, read as unsigned, gives 0. */
  public static long shl(long a, int amount) {
    return isBelow(amount, 64) ? a << amount : 0;
  }

  /** {@code shr.u32} and {@code shr.b32}: an amount above 31 gives 0. */
  public static int shrUnsigned(int a, int amount) {
    return isBelow(amount, 32) ? a >>> amount : 0;
  }

  /** {@code shr.u64} and {@code shr.b64}: an amount above 63 gives 0. */
  public static long shrUnsigned(long a, int amount) {
    return isBelow(amount, 64) ? a >>> amount : 0;
  }

  /** {@code shr.s32}: an amount above 31 leaves only the sign. */
  public static int shrSigned(int a, int amount) {
    return a >> (isBelow(amount, 32) ? amount : 31);
  }

  /** {@code shr.s64}: an amount above 63 leaves only the sign. */
  public static long shrSigned(long a, int amount) {
    return a >> (isBelow(amount, 64) ? amount : 63);
  }

  /** {@code shf.l}: upper 32 bits of (b:a) shifted left; clamps at 32, or wraps modulo 32. */
  public static int funnelLeft(int a, int b, int amount, boolean clamp) {
    long joined = join(a, b);
    return (int) ((joined << funnelAmount(amount, clamp)) >>> 32);
  }

  /** {@code shf.r}: lower 32 bits of (b:a) shifted right; clamps at 32, or wraps modulo 32. */
  public static int funnelRight(int a, int b, int amount, boolean clamp) {
    return (int) (join(a, b) >>> funnelAmount(amount, clamp));
  }

  /** {@code mul.hi.s32}. */
  public static int mulHiSigned(int a, int b) {
    return (int) (((long) a * b) >> 32);
  }

  /** {@code mul.hi.u32}. */
  public static int mulHiUnsigned(int a, int b) {
    return (int) ((Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b)) >>> 32);
  }

  /** {@code mul.hi.s64}. */
  public static long mulHiSigned(long a, long b) {
    return Math.multiplyHigh(a, b);
  }

  /** {@code mul.hi.u64}. */
  public static long mulHiUnsigned(long a, long b) {
    return Math.unsignedMultiplyHigh(a, b);
  }

  /** The 48-bit product behind {@code mul24.s32} and {@code mad24.s32}: low 24 bits of each. */
  public static long product24Signed(int a, int b) {
    return (long) (a << 8 >> 8) * (b << 8 >> 8);
  }

  /** The 48-bit product behind {@code mul24.u32} and {@code mad24.u32}: low 24 bits of each. */
  public static long product24Unsigned(int a, int b) {
    return (long) (a & 0xff_ffff) * (b & 0xff_ffff);
  }

  /** {@code mul24.lo}: bits 31…0 of {@link #product24Signed} or its unsigned twin. */
  public static int low24(long product) {
    return (int) product;
  }

  /** {@code mul24.hi}: bits 47…16 of {@link #product24Signed} or its unsigned twin. */
  public static int high24(long product) {
    return (int) (product >> 16);
  }

  /** {@code add.sat.s32}, and {@code mad.hi.sat.s32} after the product. */
  public static int addSaturated(int a, int b) {
    return clampToInt((long) a + b);
  }

  /** {@code sub.sat.s32}. */
  public static int subSaturated(int a, int b) {
    return clampToInt((long) a - b);
  }

  /** {@code sad.s32}: c + |a − b|. */
  public static int sadSigned(int a, int b, int c) {
    return c + (int) Math.abs((long) a - b);
  }

  /** {@code sad.u32}: c + |a − b|. */
  public static int sadUnsigned(int a, int b, int c) {
    return c + (int) Math.abs(Integer.toUnsignedLong(a) - Integer.toUnsignedLong(b));
  }

  /** {@code sad.s64}: c + |a − b|, all modulo 2⁶⁴. */
  public static long sadSigned(long a, long b, long c) {
    return c + (a < b ? b - a : a - b);
  }

  /** {@code sad.u64}: c + |a − b|, all modulo 2⁶⁴. */
  public static long sadUnsigned(long a, long b, long c) {
    return c + (Long.compareUnsigned(a, b) < 0 ? b - a : a - b);
  }

  /** {@code div.s32}: by zero, where the manual leaves it open, all ones. */
  public static int divSigned(int a, int b) {
    return b == 0 ? -1 : a / b;
  }

  /** {@code div.u32}: by zero, all ones. */
  public static int divUnsigned(int a, int b) {
    return b == 0 ? -1 : Integer.divideUnsigned(a, b);
  }

  /** {@code div.s64}: by zero, all ones. */
  public static long divSigned(long a, long b) {
    return b == 0 ? -1 : a / b;
  }

  /** {@code div.u64}: by zero, all ones. */
  public static long divUnsigned(long a, long b) {
    return b == 0 ? -1 : Long.divideUnsigned(a, b);
  }

  /** {@code rem.s32}, the sign of a; by zero, where the manual leaves it open, a. */
  public static int remSigned(int a, int b) {
    return b == 0 ? a : a % b;
  }

  /** {@code rem.u32}; by zero, a. */
  public static int remUnsigned(int a, int b) {
    return b == 0 ? a : Integer.remainderUnsigned(a, b);
  }

  /** {@code rem.s64}, the sign of a; by zero, a. */
  public static long remSigned(long a, long b) {
    return b == 0 ? a : a % b;
  }

  /** {@code rem.u64}; by zero, a. */
  public static long remUnsigned(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  private static boolean isBelow(int amount, int width) {
    return amount >= 0 && amount < width;
  }

  private static long join(int low, int high) {
    return ((long) high << 32) | Integer.toUnsignedLong(low);
  }

  private static int funnelAmount(int amount, boolean clamp) {
    if (clamp) {
      return isBelow(amount, 32) ? amount : 32;
    }
    return amount & 31;
  }

  private static int clampToInt(long value) {
    return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }
}
