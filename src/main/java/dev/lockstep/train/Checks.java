package dev.lockstep.train;

/** Bounds that parts of a configuration share. */
final class Checks {
  private Checks() {}

  static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " " + value + " must be at least " + least);
    }
  }

  static void requireNotNegative(String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " " + value + " must be finite and at least 0");
    }
  }
}
