package dev.lockstep.simulator.intrinsic;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** One conversion of {@link PrintFormat}: flags, width and precision, and how they act. */
final class Field {
  boolean left;
  int width;

  /** −1 for none. */
  int precision = -1;

  private boolean plus;
  private boolean space;
  private boolean alternate;
  private boolean zero;

  /** Takes a flag; false for a character that is none. */
  boolean flag(char c) {
    switch (c) {
      case '-' -> left = true;
      case '+' -> plus = true;
      case ' ' -> space = true;
      case '#' -> alternate = true;
      case '0' -> zero = true;
      default -> {
        return false;
      }
    }
    return true;
  }

  String text(String value, boolean cut) {
    boolean shorter = cut && precision >= 0 && precision < value.length();
    return padded("", shorter ? value.substring(0, precision) : value, false);
  }

  String signed(long value) {
    String digits = value < 0 ? Long.toString(value).substring(1) : Long.toString(value);
    return padded(sign(value < 0), digits(digits), precision < 0);
  }

  String unsigned(char conversion, long value) {
    String digits =
        switch (conversion) {
          case 'o' -> Long.toOctalString(value);
          case 'x' -> Long.toHexString(value);
          case 'X' -> Long.toHexString(value).toUpperCase(Locale.ROOT);
          default -> Long.toUnsignedString(value);
        };
    digits = digits(digits);
    String prefix = "";
    if (alternate && conversion == 'o' && !digits.startsWith("0")) {
      digits = "0" + digits;
    } else if (alternate && value != 0 && (conversion == 'x' || conversion == 'X')) {
      prefix = "0" + conversion;
    }
    return padded(prefix, digits, precision < 0);
  }

  String real(char conversion, double value) {
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    double size = Math.abs(value);
    boolean finite = Double.isFinite(value);
    String text;
    if (Double.isNaN(value)) {
      text = "nan";
    } else if (!finite) {
      text = "inf";
    } else {
      text =
          switch (Character.toLowerCase(conversion)) {
            case 'f' -> fixed(size, precision < 0 ? 6 : precision);
            case 'e' -> scientific(size, precision < 0 ? 6 : precision);
            case 'g' -> general(size, precision < 0 ? 6 : Math.max(1, precision));
            default -> hexadecimal(size);
          };
    }
    String prefix = sign(negative);
    if (finite && Character.toLowerCase(conversion) == 'a') {
      prefix += "0x";
    }
    boolean upper = Character.isUpperCase(conversion);
    return padded(
        upper ? prefix.toUpperCase(Locale.ROOT) : prefix,
        upper ? text.toUpperCase(Locale.ROOT) : text,
        finite);
  }

  private String fixed(double value, int digits) {
    String text = new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return digits == 0 && alternate ? text + "." : text;
  }

  private String scientific(double value, int digits) {
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    String all = rounded.unscaledValue().toString();
    int exponent = value == 0 ? 0 : all.length() - 1 - rounded.scale();
    StringBuilder mantissa = new StringBuilder(value == 0 ? "0" : all);
    while (mantissa.length() < digits + 1) {
      mantissa.append('0');
    }
    mantissa.setLength(digits + 1);
    if (digits > 0 || alternate) {
      mantissa.insert(1, '.');
    }
    return mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private String general(double value, int digits) {
    String scientific = scientific(value, digits - 1);
    int e = scientific.indexOf('e');
    int exponent = Integer.parseInt(scientific.substring(e + 1).replace("+", ""));
    if (exponent < -4 || exponent >= digits) {
      return stripped(scientific.substring(0, e)) + scientific.substring(e);
    }
    return stripped(fixed(value, digits - 1 - exponent));
  }

  private String stripped(String number) {
    if (alternate || number.indexOf('.') < 0) {
      return number;
    }
    int end = number.length();
    while (number.charAt(end - 1) == '0') {
      end--;
    }
    return number.substring(0, number.charAt(end - 1) == '.' ? end - 1 : end);
  }

  /** Without {@code 0x}: one digit, the fraction's, and the exponent of two. */
  private String hexadecimal(double value) {
    long bits = Double.doubleToRawLongBits(value);
    int biased = (int) (bits >>> 52) & 0x7ff;
    long fraction = bits & 0xf_ffff_ffff_ffffL;
    long all = (biased == 0 ? 0 : 1L << 52) | fraction;
    int exponent = value == 0 ? 0 : biased == 0 ? -1022 : biased - 1023;
    int digits = 13;
    if (precision >= 0 && precision < 13) {
      digits = precision;
      int dropped = 4 * (13 - precision);
      long half = 1L << (dropped - 1);
      long rest = all & ((1L << dropped) - 1);
      all >>>= dropped;
      all += rest > half || rest == half && (all & 1) == 1 ? 1 : 0;
      all <<= dropped;
    }
    StringBuilder text = new StringBuilder(Long.toString(all >>> 52, 16));
    String tail = String.format(Locale.ROOT, "%013x", all & 0xf_ffff_ffff_ffffL);
    tail = precision < 0 ? tail.replaceFirst("0+$", "") : tail.substring(0, digits);
    tail += "0".repeat(Math.max(0, precision - 13));
    if (!tail.isEmpty() || alternate) {
      text.append('.').append(tail);
    }
    return text.append(exponent < 0 ? "p-" : "p+").append(Math.abs(exponent)).toString();
  }

  private String sign(boolean negative) {
    return negative ? "-" : plus ? "+" : space ? " " : "";
  }

  /** At least as many digits as the precision; a zero with precision 0 has none. */
  private String digits(String digits) {
    if (precision == 0 && digits.equals("0")) {
      return "";
    }
    return "0".repeat(Math.max(0, precision - digits.length())) + digits;
  }

  private String padded(String prefix, String text, boolean zeros) {
    int missing = width - prefix.length() - text.length();
    if (missing <= 0) {
      return prefix + text;
    }
    if (left) {
      return prefix + text + " ".repeat(missing);
    }
    return zero && zeros
        ? prefix + "0".repeat(missing) + text
        : " ".repeat(missing) + prefix + text;
  }
}
