package dev.lockstep.train.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Statistics of a step as JSON. A number that is not finite is a string there. */
public final class HealthJson {
  private HealthJson() {}

  /** To be written. */
  public static Map<String, Object> write(StepHealth step) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("step", step.step());
    values.put("rows", step.rows());
    values.put("lossScale", step.lossScale());
    values.put("activations", step.activations().stream().map(HealthJson::write).toList());
    values.put("parameters", step.parameters().stream().map(HealthJson::write).toList());
    values.put("absent", step.absent());
    values.put("warnings", step.warnings().stream().map(HealthJson::write).toList());
    return values;
  }

  private static Map<String, Object> write(TensorHealth tensor) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", tensor.name());
    values.put("count", tensor.count());
    values.put("nonFinite", tensor.nonFinite());
    values.put("mean", tensor.mean());
    values.put("rms", tensor.rms());
    tensor.dead().ifPresent(share -> values.put("dead", share));
    tensor.saturated().ifPresent(share -> values.put("saturated", share));
    return values;
  }

  private static Map<String, Object> write(ParameterHealth parameter) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", parameter.name());
    values.put("gradient", write(parameter.gradient()));
    values.put("weights", write(parameter.weights()));
    parameter.update().ifPresent(share -> values.put("update", share));
    return values;
  }

  private static Map<String, Object> write(HealthWarning warning) {
    return new TreeMap<>(
        Map.of("rule", label(warning.rule()), "place", warning.place(), "text", warning.text()));
  }

  private static String label(HealthRule rule) {
    return rule.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads what was written.
   *
   * @throws IllegalArgumentException saying what is missing
   */
  public static StepHealth read(JsonNode step) {
    List<TensorHealth> activations = new ArrayList<>();
    list(step, "activations").forEach(tensor -> activations.add(tensor(tensor)));
    List<ParameterHealth> parameters = new ArrayList<>();
    list(step, "parameters")
        .forEach(
            parameter ->
                parameters.add(
                    new ParameterHealth(
                        text(parameter, "name"),
                        tensor(field(parameter, "gradient")),
                        tensor(field(parameter, "weights")),
                        optional(parameter, "update"))));
    List<String> absent = new ArrayList<>();
    list(step, "absent").forEach(name -> absent.add(name.asString()));
    List<HealthWarning> warnings = new ArrayList<>();
    list(step, "warnings").forEach(warning -> warnings.add(warning(warning)));
    return new StepHealth(
        (int) number(step, "step"),
        (long) number(step, "rows"),
        number(step, "lossScale"),
        activations,
        parameters,
        absent,
        warnings);
  }

  private static TensorHealth tensor(JsonNode tensor) {
    return new TensorHealth(
        text(tensor, "name"),
        (long) number(tensor, "count"),
        (long) number(tensor, "nonFinite"),
        number(tensor, "mean"),
        number(tensor, "rms"),
        optional(tensor, "dead"),
        optional(tensor, "saturated"));
  }

  private static HealthWarning warning(JsonNode warning) {
    String rule = text(warning, "rule");
    for (HealthRule known : HealthRule.values()) {
      if (label(known).equals(rule)) {
        return new HealthWarning(known, text(warning, "place"), text(warning, "text"));
      }
    }
    throw new IllegalArgumentException("has no rule \"" + rule + "\" to warn by");
  }

  private static JsonNode list(JsonNode of, String name) {
    JsonNode list = field(of, name);
    if (!list.isArray()) {
      throw new IllegalArgumentException("has no list \"" + name + "\"");
    }
    return list;
  }

  private static String text(JsonNode of, String name) {
    return field(of, name).asString();
  }

  private static OptionalDouble optional(JsonNode of, String name) {
    return of.has(name) ? OptionalDouble.of(number(of, name)) : OptionalDouble.empty();
  }

  /**
   * A number, which is a string where it is not finite.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static double number(JsonNode of, String name) {
    JsonNode value = field(of, name);
    try {
      return value.isNumber() ? value.asDouble() : Double.parseDouble(value.asString());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("has no number as \"" + name + "\"", e);
    }
  }

  private static JsonNode field(JsonNode of, String name) {
    JsonNode value = of.get(name);
    if (value == null) {
      throw new IllegalArgumentException("has no \"" + name + "\"");
    }
    return value;
  }
}
