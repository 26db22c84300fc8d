package dev.lockstep.check;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The settings of a case, by name: what is no tensor. */
record Attributes(Map<String, Object> values) {
  Attributes {
    values = Map.copyOf(values);
  }

  boolean flag(String name) {
    return values.getOrDefault(name, false) instanceof Boolean flag
        ? flag
        : refuse(name, "true or false");
  }

  String text(String name) {
    return values.get(name) instanceof String text ? text : refuse(name, "a string");
  }

  double number(String name) {
    return values.get(name) instanceof Number number
        ? number.doubleValue()
        : refuse(name, "a number");
  }

  /** A number, or what it is when the case does not say. */
  double number(String name, double otherwise) {
    return values.containsKey(name) ? number(name) : otherwise;
  }

  int integer(String name) {
    double value = number(name);
    return value == (int) value ? (int) value : refuse(name, "a whole number");
  }

  List<Double> numbers(String name) {
    return values.get(name) instanceof List<?> list
        ? list.stream().map(element -> ((Number) element).doubleValue()).toList()
        : refuse(name, "a list of numbers");
  }

  /** Several tables of settings. */
  @SuppressWarnings("unchecked")
  List<Map<String, Object>> tables(String name) {
    return values.get(name) instanceof List<?> list
        ? list.stream().map(element -> (Map<String, Object>) element).toList()
        : refuse(name, "a list of tables");
  }

  /** A table of numbers by name. */
  Map<String, Double> table(String name) {
    if (values.get(name) instanceof Map<?, ?> map) {
      Map<String, Double> table = new LinkedHashMap<>();
      map.forEach((key, value) -> table.put((String) key, ((Number) value).doubleValue()));
      return table;
    }
    return refuse(name, "a table of numbers");
  }

  private <T> T refuse(String name, String needed) {
    throw new IllegalArgumentException(
        "attribute %s is %s, needed is %s".formatted(name, values.get(name), needed));
  }
}
