package dev.lockstep.device;

/** Reads options of the form {@code word:SEED}. */
final class Seeded {
  private Seeded() {}

  /** The seed of {@code text}, or an error that names both forms the option takes. */
  static long seed(String text, String word, String otherForm) {
    if (text.startsWith(word + ":")) {
      try {
        return Long.parseLong(text.substring(word.length() + 1));
      } catch (NumberFormatException e) {
        // Falls through to the one message that says what is allowed.
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" must be %s or %s:SEED, SEED being a whole number".formatted(text, otherForm, word));
  }
}
