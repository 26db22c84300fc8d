package dev.lockstep.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as people write it: {@code 4096}, {@code 256M}, {@code 1G}. */
record ByteCount(long bytes) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMG]?)");
  private static final String UNITS = "KMG";

  /** Reads what was typed after an option. */
  static final class Converter implements ITypeConverter<ByteCount> {
    @Override
    public ByteCount convert(String text) {
      return parse(text);
    }
  }

  private static ByteCount parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw refused(text);
    }
    int unit = matcher.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(matcher.group(2));
    try {
      return new ByteCount(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << 10 * unit));
    } catch (ArithmeticException e) {
      throw refused(text);
    }
  }

  private static TypeConversionException refused(String text) {
    return new TypeConversionException(
        "'" + text + "' is no number of bytes below 2^63; K, M or G may stand behind it");
  }

  /** In the largest unit it is whole in. */
  @Override
  public String toString() {
    int unit = 0;
    long count = bytes;
    while (unit < UNITS.length() && count != 0 && count % 1024 == 0) {
      count /= 1024;
      unit++;
    }
    return unit == 0 ? Long.toString(count) : count + UNITS.substring(unit - 1, unit);
  }
}
