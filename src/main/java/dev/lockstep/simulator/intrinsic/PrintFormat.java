package dev.lockstep.simulator.intrinsic;

import java.util.function.LongFunction;

/**
 * C's {@code printf} over the buffer of arguments that a kernel hands to {@code vprintf}: each at
 * the next multiple of its size, floats as doubles. Strings are bytes, one char each.
 */
public final class PrintFormat {
  /** Reads what a kernel passes. */
  public interface Arguments {
    /** The 4 bytes at an offset of the buffer. */
    int int32(long offset);

    /** The 8 bytes at an offset of the buffer. */
    long int64(long offset);
  }

  /**
   * A text and what {@code vprintf} returns for it.
   *
   * @param count arguments used
   */
  public record Printed(String text, int count) {}

  /** More than any terminal is wide; keeps a width from the buffer from filling the memory. */
  private static final int MAX_FIELD = 1 << 16;

  private final String format;
  private final Arguments arguments;
  private final LongFunction<String> strings;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private long offset;
  private int count;

  private PrintFormat(String format, Arguments arguments, LongFunction<String> strings) {
    this.format = format;
    this.arguments = arguments;
    this.strings = strings;
  }

  /**
   * Formats.
   *
   * @param strings the string at an address, for {@code %s}
   */
  public static Printed format(String format, Arguments arguments, LongFunction<String> strings) {
    return new PrintFormat(format, arguments, strings).run();
  }

  private Printed run() {
    while (at < format.length()) {
      char c = format.charAt(at++);
      if (c != '%') {
        out.append(c);
      } else if (at < format.length() && format.charAt(at) == '%') {
        out.append('%');
        at++;
      } else {
        conversion();
      }
    }
    return new Printed(out.toString(), count);
  }

  private void conversion() {
    int start = at - 1;
    Field field = new Field();
    while (at < format.length() && field.flag(format.charAt(at))) {
      at++;
    }
    int width = number();
    field.width = Math.abs(width);
    field.left |= width < 0;
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      // A negative precision counts as none.
      field.precision = Math.max(-1, number());
    }
    String length = length();
    if (at == format.length()) {
      out.append(format, start, at);
      return;
    }
    char conversion = format.charAt(at++);
    boolean wide = !length.isEmpty() && "lljzt".contains(length);
    switch (conversion) {
      case 'd', 'i' -> out.append(field.signed(integer(wide, length, true)));
      case 'u', 'o', 'x', 'X' ->
          out.append(field.unsigned(conversion, integer(wide, length, false)));
      case 'c' -> out.append(field.text(String.valueOf((char) (next32() & 0xff)), false));
      case 's' -> {
        long address = next64();
        out.append(field.text(address == 0 ? "(null)" : strings.apply(address), true));
      }
      case 'p' -> {
        long address = next64();
        out.append(field.text(address == 0 ? "(nil)" : "0x" + Long.toHexString(address), false));
      }
      case 'f', 'F', 'e', 'E', 'g', 'G', 'a', 'A' ->
          out.append(field.real(conversion, Double.longBitsToDouble(next64())));
      // The host's C library formats, and takes any field of a percent sign for none.
      case '%' -> out.append('%');
      default -> out.append(format, start, at);
    }
  }

  /** Digits or {@code *}, or 0. */
  private int number() {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      return Math.clamp(next32(), -MAX_FIELD, MAX_FIELD);
    }
    int value = 0;
    while (at < format.length() && Character.isDigit(format.charAt(at))) {
      value = Math.min(MAX_FIELD, 10 * value + format.charAt(at++) - '0');
    }
    return value;
  }

  private String length() {
    int start = at;
    while (at < format.length() && at - start < 2 && "hljztL".indexOf(format.charAt(at)) >= 0) {
      at++;
    }
    return format.substring(start, at);
  }

  private long integer(boolean wide, String length, boolean signed) {
    if (wide) {
      return next64();
    }
    int value = next32();
    return switch (length) {
      case "h" -> signed ? (short) value : value & 0xffff;
      case "hh" -> signed ? (byte) value : value & 0xff;
      default -> signed ? value : value & 0xffff_ffffL;
    };
  }

  private int next32() {
    int value = arguments.int32(offset);
    offset += 4;
    count++;
    return value;
  }

  private long next64() {
    offset = (offset + 7) & -8;
    long value = arguments.int64(offset);
    offset += 8;
    count++;
    return value;
  }
}
