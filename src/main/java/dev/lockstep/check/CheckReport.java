package dev.lockstep.check;

import dev.lockstep.check.CheckResult.Status;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** All results of a run, in the order they came. */
public record CheckReport(List<CheckResult> results) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public CheckReport {
    results = List.copyOf(results);
  }

  public int passed() {
    return count(Status.PASSED);
  }

  public int failed() {
    return count(Status.FAILED);
  }

  public int unsupported() {
    return count(Status.UNSUPPORTED);
  }

  private int count(Status status) {
    return (int) results.stream().filter(result -> result.status() == status).count();
  }

  /** The counts of each op, by name: {@code passed, failed, unsupported}. */
  public Map<String, Counts> byOp() {
    Map<String, Counts> counts = new TreeMap<>();
    for (CheckResult result : results) {
      counts.merge(result.op(), Counts.of(result.status()), Counts::plus);
    }
    return counts;
  }

  /** How many cases ended how. */
  public record Counts(int passed, int failed, int unsupported) {
    private static Counts of(Status status) {
      return switch (status) {
        case PASSED -> new Counts(1, 0, 0);
        case FAILED -> new Counts(0, 1, 0);
        case UNSUPPORTED -> new Counts(0, 0, 1);
      };
    }

    private Counts plus(Counts other) {
      return new Counts(
          passed + other.passed, failed + other.failed, unsupported + other.unsupported);
    }
  }

  /**
   * JSON: {@code cases[{name, op, dtype, device, status, tensor, worstError, tolerance}]}, with a
   * {@code reason} where a case did not pass, then {@code passed, failed, unsupported}. A number
   * that is not finite is the string {@code "NaN"}, {@code "Infinity"} or {@code "-Infinity"}.
   */
  public String toJson() {
    ObjectNode root = JSON.createObjectNode();
    var cases = root.putArray("cases");
    for (CheckResult result : results) {
      ObjectNode node = cases.addObject();
      node.put("name", result.name());
      node.put("op", result.op());
      node.put("dtype", result.dtype().suffix());
      node.put("device", result.device());
      node.put("status", result.status().label());
      node.put("tensor", result.tensor());
      putNumber(node, "worstError", result.worstError());
      putNumber(node, "tolerance", result.tolerance());
      if (!result.reason().isEmpty()) {
        node.put("reason", result.reason());
      }
    }
    root.put("passed", passed());
    root.put("failed", failed());
    root.put("unsupported", unsupported());
    return JSON.writeValueAsString(root);
  }

  private static void putNumber(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.put(name, Double.toString(value));
    }
  }
}
