package dev.lockstep.ptx;

/** Reads numeric literals (PTX ISA 4.5): decimal, hex, octal, binary, {@code 0f…}, {@code 0d…}. */
final class Literals {
  private Literals() {}

  /** An operand from the lexer's current number, which is not consumed. */
  static Operand parse(Lexer lexer, boolean negative) {
    String text = lexer.text();
    try {
      if (text.length() > 2 && text.charAt(0) == '0') {
        char mark = text.charAt(1);
        if ((mark == 'f' || mark == 'F') && text.length() == 10) {
          float value = Float.intBitsToFloat(Integer.parseUnsignedInt(text, 2, 10, 16));
          return single(negative ? -value : value);
        }
        if ((mark == 'd' || mark == 'D') && text.length() == 18) {
          double value = Double.longBitsToDouble(Long.parseUnsignedLong(text, 2, 18, 16));
          return wide(negative ? -value : value);
        }
      }
      if (isDecimalFloat(text)) {
        double value = Double.parseDouble(text);
        return wide(negative ? -value : value);
      }
      long value = integer(text);
      return new Operand.IntLiteral(negative ? -value : value);
    } catch (NumberFormatException e) {
      throw lexer.error("not a number: " + text);
    }
  }

  /** A plain integer where nothing else is allowed. */
  static long integer(String text) {
    int end = text.length();
    if (end > 1 && (text.charAt(end - 1) == 'U' || text.charAt(end - 1) == 'u')) {
      end--;
    }
    if (end > 1 && text.charAt(0) == '0') {
      char mark = text.charAt(1);
      if (mark == 'x' || mark == 'X') {
        return Long.parseUnsignedLong(text, 2, end, 16);
      }
      if (mark == 'b' || mark == 'B') {
        return Long.parseUnsignedLong(text, 2, end, 2);
      }
      return Long.parseUnsignedLong(text, 1, end, 8);
    }
    return Long.parseUnsignedLong(text, 0, end, 10);
  }

  static Operand single(float value) {
    return new Operand.FloatLiteral(value, true, Float.floatToRawIntBits(value) & 0xffffffffL);
  }

  static Operand wide(double value) {
    return new Operand.FloatLiteral(value, false, Double.doubleToRawLongBits(value));
  }

  private static boolean isDecimalFloat(String text) {
    if (text.startsWith("0x") || text.startsWith("0X")) {
      return false;
    }
    return text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0;
  }
}
