package dev.lockstep.check.run;

import java.util.HexFormat;

/** Reads hexadecimal digits. */
final class Hex {
  private Hex() {}

  /**
   * Two digits for each byte, in memory order; white space and underscores between bytes, and a
   * leading {@code 0x}, are let through.
   *
   * @throws IllegalArgumentException saying which character, or that a digit is missing
   */
  static byte[] parse(String text) {
    String digits = text.replaceAll("[\\s_]", "").replaceFirst("^0[xX]", "");
    for (int i = 0; i < digits.length(); i++) {
      if (!HexFormat.isHexDigit(digits.charAt(i))) {
        throw new IllegalArgumentException(
            "'%c' is no hexadecimal digit (character %d)".formatted(digits.charAt(i), i + 1));
      }
    }
    if (digits.length() % 2 != 0) {
      throw new IllegalArgumentException(
          digits.length() + " hexadecimal digits are no whole number of bytes");
    }
    return HexFormat.of().parseHex(digits);
  }
}
