package dev.lockstep.profile;

import java.util.Locale;

/** Numbers as people read them. */
public final class Units {
  private static final String[] DECIMAL = {"", " k", " M", " G", " T", " P"};
  private static final String[] BINARY = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};

  private Units() {}

  /** 12,345 in full up to 99,999; from there three digits and k, M, G. */
  public static String count(long value) {
    if (value < 100_000) {
      return String.format(Locale.ROOT, "%,d", value);
    }
    return scaled(value, 1000, DECIMAL);
  }

  /** Bytes in KiB, MiB, … */
  public static String bytes(long value) {
    return scaled(value, 1024, BINARY);
  }

  /** A share of 0 to 1. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** {@code part / whole}, with one digit; a dash where there is nothing to divide by. */
  public static String ratio(long part, long whole) {
    return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f", (double) part / whole);
  }

  /** {@code part / whole} in percent; a dash where there is nothing to divide by. */
  public static String share(long part, long whole) {
    return whole == 0 ? "-" : percent((double) part / whole);
  }

  private static String scaled(long value, int step, String[] units) {
    double scaled = value;
    int unit = 0;
    while (scaled >= step && unit + 1 < units.length) {
      scaled /= step;
      unit++;
    }
    if (unit == 0) {
      return value + units[0];
    }
    int digits = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + digits + "f%s", scaled, units[unit]);
  }
}
