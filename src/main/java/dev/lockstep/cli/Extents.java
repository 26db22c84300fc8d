package dev.lockstep.cli;

import dev.lockstep.device.Dim3;
import java.math.BigInteger;
import java.util.regex.Pattern;

/** Reads {@code X[,Y,Z]}. */
final class Extents {
  private static final Pattern FORM = Pattern.compile("-?\\d+(,-?\\d+){0,2}");

  private Extents() {}

  /**
   * What was typed after an option.
   *
   * @throws UserError when it is no such list, or a number is far from any grid
   */
  static Dim3 parse(String option, String text) {
    if (!FORM.matcher(text).matches()) {
      throw new UserError(
          option + " " + text + " must be X, X,Y or X,Y,Z, each a whole number, no spaces");
    }
    String[] words = text.split(",");
    int[] extents = {1, 1, 1};
    for (int i = 0; i < words.length; i++) {
      BigInteger value = new BigInteger(words[i]);
      if (value.bitLength() > 31) {
        throw new UserError(option + " " + text + ": at most " + Integer.MAX_VALUE + " in x");
      }
      extents[i] = value.intValue();
    }
    return new Dim3(extents[0], extents[1], extents[2]);
  }
}
