package dev.lockstep.nn;

import java.util.Map;

/** Bounds and spelling of the sizes that configurations are made of. */
final class Sizes {
  /** Keeps every size far from any overflow of an element count. */
  private static final int LARGEST = 1 << 24;

  private Sizes() {}

  static void require(String name, int value, int least) {
    if (value < least || value > LARGEST) {
      throw new IllegalArgumentException(
          "%s %d must be from %d to %d".formatted(name, value, least, LARGEST));
    }
  }

  static int number(Map<String, String> knobs, String name) {
    return Integer.parseInt(knobs.getOrDefault(name, ""));
  }
}
