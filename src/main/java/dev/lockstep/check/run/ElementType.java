package dev.lockstep.check.run;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.Float16;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The types an argument's elements can have: those PTX can load, with their text forms. */
public enum ElementType {
  S8(1),
  U8(1),
  B8(1),
  S16(2),
  U16(2),
  B16(2),
  S32(4),
  U32(4),
  B32(4),
  S64(8),
  U64(8),
  B64(8),
  F16(2),
  BF16(2),
  F32(4),
  F64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /**
   * The type of that PTX name, for example {@code f32}.
   *
   * @throws IllegalArgumentException for a name that is none, with those there are
   */
  public static ElementType named(String name) {
    for (ElementType type : values()) {
      if (type.spelling().equals(name.toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" is no element type; there are %s"
            .formatted(
                name,
                Arrays.stream(values())
                    .map(ElementType::spelling)
                    .collect(Collectors.joining(", "))));
  }

  /** As PTX writes it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Size of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether it holds floating-point numbers. */
  public boolean isFloat() {
    return switch (this) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  private boolean isSigned() {
    return switch (this) {
      case S8, S16, S32, S64 -> true;
      default -> false;
    };
  }

  /**
   * The bits a text stands for, in the low {@link #bytes} of a long.
   *
   * <p>Integers are decimal or {@code 0x} hexadecimal, from the least signed to the greatest
   * unsigned number of the width. Floats are decimal, as C writes them in hexadecimal ({@code
   * 0x1.8p3}), {@code nan}, {@code -nan}, {@code inf}, {@code -inf}, or their bits as {@code
   * 0x3f800000} (also as PTX writes them: {@code 0f3F800000}).
   *
   * @throws IllegalArgumentException for anything else
   */
  public long parse(String text) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    try {
      if (!isFloat()) {
        return integer(word);
      }
      return word.matches("0[xfd][0-9a-f]+") ? bits(word.substring(2)) : number(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"%s\" is no value of type %s".formatted(text.strip(), spelling()));
    }
  }

  private long integer(String word) {
    boolean negative = word.startsWith("-");
    String digits = negative || word.startsWith("+") ? word.substring(1) : word;
    if (!digits.matches("0x[0-9a-f]+|0b[01]+|[0-9]+")) {
      throw new NumberFormatException();
    }
    BigInteger magnitude =
        switch (digits.substring(0, Math.min(2, digits.length()))) {
          case "0x" -> new BigInteger(digits.substring(2), 16);
          case "0b" -> new BigInteger(digits.substring(2), 2);
          default -> new BigInteger(digits);
        };
    return fit(negative ? magnitude.negate() : magnitude);
  }

  private long fit(BigInteger value) {
    int width = 8 * bytes;
    boolean fits = value.signum() < 0 ? value.bitLength() < width : value.bitLength() <= width;
    if (!fits) {
      throw new IllegalArgumentException(
          "%s does not fit into %s (%d bits)".formatted(value, spelling(), width));
    }
    return value.longValue() & mask();
  }

  private long bits(String digits) {
    return fit(new BigInteger(digits, 16));
  }

  private long number(String word) {
    switch (word) {
      case "nan", "+nan" -> {
        return nan();
      }
      case "-nan" -> {
        return nan() | 1L << (8 * bytes - 1);
      }
      case "inf", "+inf", "infinity", "+infinity" -> {
        return fromDouble(Double.POSITIVE_INFINITY);
      }
      case "-inf", "-infinity" -> {
        return fromDouble(Double.NEGATIVE_INFINITY);
      }
      default -> {
        return this == F32
            ? Float.floatToRawIntBits(Float.parseFloat(word)) & mask()
            : fromDouble(Double.parseDouble(word));
      }
    }
  }

  private long nan() {
    return switch (this) {
      case F16 -> 0x7e00;
      case BF16 -> 0x7fc0;
      case F32 -> 0x7fc00000;
      default -> 0x7ff8000000000000L;
    };
  }

  /** The bits of a floating-point type nearest to {@code value}. */
  long fromDouble(double value) {
    return switch (this) {
      case F16 -> Float16.fromDouble(value) & mask();
      case BF16 -> BFloat16.fromDouble(value) & mask();
      case F32 -> Float.floatToRawIntBits((float) value) & mask();
      case F64 -> Double.doubleToRawLongBits(value);
      default -> throw new IllegalArgumentException(spelling() + " is no floating-point type");
    };
  }

  /** For machines: an integer, a float or a double, never rounded. */
  public Number value(long bits) {
    return switch (this) {
      case F16, BF16, F32 -> (float) toDouble(bits);
      case F64 -> toDouble(bits);
      default -> exact(bits);
    };
  }

  /** The number that bits stand for; the nearest one, for 64-bit integers. */
  public double toDouble(long bits) {
    return switch (this) {
      case F16 -> Float16.toFloat((short) bits);
      case BF16 -> BFloat16.toFloat((short) bits);
      case F32 -> Float.intBitsToFloat((int) bits);
      case F64 -> Double.longBitsToDouble(bits);
      default -> exact(bits).doubleValue();
    };
  }

  /** The integer that bits stand for. */
  BigInteger exact(long bits) {
    if (isSigned()) {
      int unused = 64 - 8 * bytes;
      return BigInteger.valueOf(bits << unused >> unused);
    }
    return new BigInteger(Long.toUnsignedString(bits & mask()));
  }

  /** For people: a number, or hexadecimal digits for untyped bits. */
  public String format(long bits) {
    return switch (this) {
      case F16, BF16, F32 -> Float.toString((float) toDouble(bits));
      case F64 -> Double.toString(toDouble(bits));
      case B8, B16, B32, B64 -> hex(bits);
      default -> exact(bits).toString();
    };
  }

  /** All digits of the bits. */
  String hex(long bits) {
    return ("0x%0" + 2 * bytes + "x").formatted(bits & mask());
  }

  private long mask() {
    return -1L >>> (64 - 8 * bytes);
  }
}
