package dev.lockstep.grill.item;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people type them. */
final class TypedNumber {
  private static final String DECIMAL = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?";
  private static final Pattern PLAIN = Pattern.compile(DECIMAL);
  private static final Pattern PAIR = Pattern.compile("(%s)([/^])(%s)".formatted(DECIMAL, DECIMAL));

  private TypedNumber() {}

  /**
   * {@code count} numbers with commas between, in parentheses or not.
   *
   * @throws IllegalArgumentException when these are not so many numbers
   */
  static List<Double> list(String typed, int count) {
    String bare = typed.strip().replaceAll("^[(\\[]|[)\\]]$", "");
    List<Double> values = new ArrayList<>();
    for (String part : bare.split(",", -1)) {
      values.add(one(part));
    }
    if (values.size() != count) {
      throw new IllegalArgumentException(
          count == 1
              ? "\"%s\" is more than one number; use a point for decimals".formatted(typed)
              : "%d numbers are asked for, as in (1, 2); got %d".formatted(count, values.size()));
    }
    return values;
  }

  private static double one(String part) {
    String text =
        part.replaceAll("\\s", "").replace('−', '-').toLowerCase(Locale.ROOT).replace("**", "^");
    if (text.matches("[-+]?(inf(inity)?|∞)")) {
      return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (text.endsWith("%") && PLAIN.matcher(text.substring(0, text.length() - 1)).matches()) {
      return Double.parseDouble(text.substring(0, text.length() - 1)) / 100;
    }
    if (PLAIN.matcher(text).matches()) {
      return Double.parseDouble(text);
    }
    Matcher pair = PAIR.matcher(text);
    if (pair.matches()) {
      double left = Double.parseDouble(pair.group(1));
      double right = Double.parseDouble(pair.group(3));
      return pair.group(2).equals("/") ? left / right : Math.pow(left, right);
    }
    throw new IllegalArgumentException(
        "\"%s\" is no number; type one like 0.25, 1e-3, 2/3, 2^-20, 15%% or inf"
            .formatted(part.strip()));
  }
}
