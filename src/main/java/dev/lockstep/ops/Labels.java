package dev.lockstep.ops;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds enum constants by the names people type. */
public final class Labels {
  private Labels() {}

  /**
   * The constant of a label.
   *
   * @param what the constants are, for the message
   * @throws IllegalArgumentException when there is none; the message lists the labels
   */
  public static <E> E find(String what, E[] values, Function<E, String> label, String wanted) {
    for (E value : values) {
      if (label.apply(value).equals(wanted)) {
        return value;
      }
    }
    String known = Arrays.stream(values).map(label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("unknown " + what + " \"" + wanted + "\"; known: " + known);
  }
}
