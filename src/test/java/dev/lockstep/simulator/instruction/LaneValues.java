package dev.lockstep.simulator.instruction;

import java.util.ArrayList;
import java.util.List;

/**
 * One operand or result: the same for all threads, or one value each.
 *
 * @param bytes its size
 * @param anyNaN any NaN of that size will do, whatever its payload
 * @param values a single one when all threads share it
 */
record LaneValues(int bytes, boolean anyNaN, List<Long> values) {
  /** The values of one side of a case: hexadecimal words, or lists of them in brackets. */
  static List<LaneValues> parse(String text) {
    List<LaneValues> all = new ArrayList<>();
    String rest = text.strip();
    while (!rest.isEmpty()) {
      int end = rest.startsWith("[") ? rest.indexOf(']') + 1 : (rest + " ").indexOf(' ');
      all.add(one(rest.substring(0, end)));
      rest = rest.substring(end).strip();
    }
    return List.copyOf(all);
  }

  boolean isUniform() {
    return values.size() == 1;
  }

  long of(int thread) {
    return isUniform() ? values.getFirst() : values.get(thread);
  }

  /** Whether a thread's result is right; {@code got} holds it in its low bytes, zero above. */
  boolean accepts(int thread, long got) {
    if (!anyNaN) {
      return got == of(thread);
    }
    return bytes == 8
        ? Double.isNaN(Double.longBitsToDouble(got))
        : Float.isNaN(Float.intBitsToFloat((int) got));
  }

  String describe(int thread) {
    return anyNaN ? "any NaN" : ("%0" + 2 * bytes + "x").formatted(of(thread));
  }

  private static LaneValues one(String token) {
    if (token.startsWith("nan")) {
      return new LaneValues(Integer.parseInt(token.substring(3)) / 8, true, List.of(0L));
    }
    List<Long> values = new ArrayList<>();
    int digits = 0;
    for (String word : token.replaceAll("[\\[\\]]", "").split(" ", -1)) {
      values.add(Long.parseUnsignedLong(word, 16));
      digits = word.length();
    }
    return new LaneValues(digits / 2, false, List.copyOf(values));
  }
}
