package dev.lockstep.nn;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds enum constants by the names people type. */
final class Labels {
  private Labels() {}

  static <E> E find(String what, E[] values, Function<E, String> label, String wanted) {
    for (E value : values) {
      if (label.apply(value).equals(wanted)) {
        return value;
      }
    }
    String known = Arrays.stream(values).map(label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("unknown " + what + " \"" + wanted + "\"; known: " + known);
  }
}
