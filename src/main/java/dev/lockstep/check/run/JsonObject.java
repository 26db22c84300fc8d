package dev.lockstep.check.run;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A JSON object that is read key by key; every error names the path of the value. In the end no key
 * may be left that nobody read.
 */
final class JsonObject {
  /** Keys that are remarks for people. */
  private static final Set<String> REMARKS =
      Set.of(
          "comment",
          "comments",
          "description",
          "note",
          "notes",
          "tags",
          "id",
          "category",
          "group",
          "source",
          "reference",
          "url",
          "version",
          "reason");

  private final String path;
  private final JsonNode node;
  private final Set<String> read = new HashSet<>();

  JsonObject(String path, JsonNode node) {
    this.path = path;
    this.node = node;
    if (!node.isObject()) {
      throw wrong(path, "must be an object");
    }
  }

  static IllegalArgumentException wrong(String path, String problem) {
    return new IllegalArgumentException((path.isEmpty() ? "the suite" : path) + " " + problem);
  }

  /** Where a key's value stands. */
  String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  String path() {
    return path;
  }

  /** The value, or null when it is missing; JSON's null counts as missing. */
  @Nullable JsonNode get(String key) {
    read.add(key);
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  boolean has(String key) {
    return get(key) != null;
  }

  Optional<String> text(String key) {
    JsonNode value = get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw wrong(at(key), "must be a string, it is " + value);
    }
    return Optional.of(value.stringValue());
  }

  /** A string that {@code parser} understands. */
  <T> Optional<T> parsed(String key, Function<String, T> parser) {
    Optional<String> text = text(key);
    try {
      return text.map(parser);
    } catch (IllegalArgumentException e) {
      throw wrong(at(key), "is wrong: " + e.getMessage());
    }
  }

  /** {@code true}, {@code false}, {@code "on"} or {@code "off"}. */
  Optional<Boolean> flag(String key) {
    JsonNode value = get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value.isBoolean()) {
      return Optional.of(value.booleanValue());
    }
    return switch (value.isString() ? value.stringValue() : "") {
      case "on" -> Optional.of(true);
      case "off" -> Optional.of(false);
      default -> throw wrong(at(key), "must be true, false, \"on\" or \"off\", it is " + value);
    };
  }

  /** A whole number in a range. */
  Optional<Long> integer(String key, long least, long most) {
    JsonNode value = get(key);
    return value == null ? Optional.empty() : Optional.of(integer(at(key), value, least, most));
  }

  static long integer(String path, JsonNode value, long least, long most) {
    Optional<BigDecimal> number = number(value);
    if (number.isEmpty()
        || number.get().stripTrailingZeros().scale() > 0
        || number.get().compareTo(BigDecimal.valueOf(least)) < 0
        || number.get().compareTo(BigDecimal.valueOf(most)) > 0) {
      throw wrong(
          path, "must be a whole number from %d to %d, it is %s".formatted(least, most, value));
    }
    return number.get().longValueExact();
  }

  /** A finite number that is not negative. */
  Optional<Double> tolerance(String key) {
    JsonNode value = get(key);
    if (value == null) {
      return Optional.empty();
    }
    Optional<BigDecimal> number = number(value);
    if (number.isEmpty() || number.get().signum() < 0) {
      throw wrong(at(key), "must be a number, 0 or more, it is " + value);
    }
    return Optional.of(number.get().doubleValue());
  }

  /** A number, also one in a string. */
  private static Optional<BigDecimal> number(JsonNode value) {
    try {
      return SuiteText.isFinite(value)
          ? Optional.of(value.decimalValue())
          : value.isString()
              ? Optional.of(new BigDecimal(value.stringValue().strip()))
              : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Refuses what nobody asked for. */
  void requireAllRead() {
    for (String key : node.propertyNames()) {
      boolean remark = REMARKS.contains(key) || key.startsWith("_") || key.startsWith("$");
      if (!read.contains(key) && !remark) {
        List<String> known = new ArrayList<>(read);
        known.sort(null);
        throw wrong(at(key), "is no key there is; there are " + String.join(", ", known));
      }
    }
  }
}
