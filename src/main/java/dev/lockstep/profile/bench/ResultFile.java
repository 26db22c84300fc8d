package dev.lockstep.profile.bench;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The figures of a file of results: of JMH ({@code -rf json}), of {@code bench --json} or of {@code
 * train --json}.
 */
public final class ResultFile {
  /** What of a counted pass should not grow. */
  private static final List<String> COUNTS =
      List.of("sectors", "warpInstructions", "bankConflicts", "spills", "launches");

  /** What {@code bench simulator} times beside the way kernels run by default. */
  private static final List<String> WAYS =
      List.of("oneThreadSeconds", "sanitizedSeconds", "countedSeconds");

  /** The least share of a step that is compared. */
  private static final double SHOWN = 0.01;

  private ResultFile() {}

  /**
   * All figures by their names, in the file's order.
   *
   * @throws IllegalArgumentException when the file is missing, no JSON, or of none of those kinds
   */
  public static Map<String, Measurement> read(Path file) {
    JsonNode root;
    try {
      root = JsonMapper.shared().readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read: " + FileFailure.reason(e), e);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
    List<Measurement> all = new ArrayList<>();
    if (root.isArray() && root.path(0).has("primaryMetric")) {
      root.forEach(each -> all.addAll(jmh(each)));
    } else if (root.path("rows").isArray()) {
      root.get("rows").forEach(each -> all.addAll(row(each)));
    } else if (root.has("secondsPerStep")) {
      all.addAll(step(root));
    } else if (root.has("queuedSeconds")) {
      for (String figure : List.of("queuedSeconds", "awaitedSeconds", "replayedSeconds")) {
        if (root.path(figure).isNumber()) {
          all.add(Measurement.time("a launch: " + figure, "s", number(root.get(figure))));
        }
      }
      if (root.path("heapBytes").isNumber()) {
        all.add(Measurement.time("a launch: heapBytes", "B", number(root.get("heapBytes"))));
      }
    } else {
      throw new IllegalArgumentException(
          file + " holds no results of JMH, of bench --json or of train --json");
    }
    Map<String, Measurement> byName = new LinkedHashMap<>();
    all.forEach(each -> byName.put(each.name(), each));
    return byName;
  }

  /**
   * A training step; its parts and kernels where the file has them and they make up enough of it to
   * be told from noise.
   */
  private static List<Measurement> step(JsonNode root) {
    String name = "a training step";
    double whole = number(root.get("secondsPerStep"));
    List<Measurement> figures = new ArrayList<>();
    figures.add(Measurement.time(name, "s", whole));
    for (String part : List.of("launches", "copies", "events", "waiting", "java")) {
      JsonNode each = root.path(part);
      if (number(each.path("seconds")) >= SHOWN * whole) {
        figures.add(Measurement.time(name + ": " + part, "s", number(each.get("seconds"))));
      }
      if (number(each.path("calls")) > 0) {
        figures.add(
            Measurement.counted(name + ": " + part + " calls", "calls", number(each.get("calls"))));
      }
    }
    for (JsonNode kernel : root.path("kernels")) {
      if (number(kernel.path("share")) >= SHOWN) {
        figures.add(
            Measurement.time(
                name + ": kernel " + kernel.get("name").asString() + ", each",
                "s",
                number(kernel.get("seconds")) / number(kernel.get("count"))));
      }
    }
    return figures;
  }

  /** The score, and what profilers counted beside it, allocation for example. */
  private static List<Measurement> jmh(JsonNode benchmark) {
    String name = benchmark.get("benchmark").asString().replaceFirst("^.*\\.(\\w+\\.\\w+)$", "$1");
    String parameters =
        benchmark.path("params").properties().stream()
            .map(each -> each.getKey() + "=" + each.getValue().asString())
            .collect(Collectors.joining(", "));
    String full = parameters.isEmpty() ? name : name + " (" + parameters + ")";
    boolean rate = benchmark.path("mode").asString("").equals("thrpt");
    List<Measurement> figures = new ArrayList<>();
    figures.add(jmh(full, benchmark.get("primaryMetric"), !rate));
    JsonNode allocated = benchmark.path("secondaryMetrics").path("gc.alloc.rate.norm");
    if (!allocated.isMissingNode()) {
      figures.add(jmh(full + " allocated", allocated, true));
    }
    return figures;
  }

  private static Measurement jmh(String name, JsonNode metric, boolean lowerIsBetter) {
    double error = number(metric.path("scoreError"));
    return new Measurement(
        name,
        metric.path("scoreUnit").asString(""),
        number(metric.get("score")),
        Double.isNaN(error) ? 0 : error,
        true,
        lowerIsBetter);
  }

  private static List<Measurement> row(JsonNode row) {
    String shape =
        row.get("shape").valueStream().map(JsonNode::asString).collect(Collectors.joining("x"));
    String name =
        String.join(
            " ",
            row.get("kernel").asString(),
            row.get("pass").asString(),
            row.get("dtype").asString(),
            shape);
    String full =
        row.path("tile").isString() ? name + " in tiles of " + row.get("tile").asString() : name;
    List<Measurement> figures = new ArrayList<>();
    for (String count : COUNTS) {
      if (row.path(count).isNumber()) {
        figures.add(Measurement.counted(full + ": " + count, count, row.get(count).asDouble()));
      }
    }
    if (row.path("seconds").isNumber()) {
      double seconds = row.get("seconds").asDouble();
      double apart =
          number(row.path("upperQuartileSeconds")) - number(row.path("lowerQuartileSeconds"));
      double error = Double.isNaN(apart) ? 0 : apart / 2;
      figures.add(new Measurement(full + ": time", "s", seconds, error, true, true));
    }
    for (String way : WAYS) {
      if (row.path(way).isNumber()) {
        figures.add(Measurement.time(full + ": " + way, "s", row.get(way).asDouble()));
      }
    }
    return figures;
  }

  /** What is not finite is a string; what is missing is not a number. */
  private static double number(JsonNode value) {
    if (value.isNumber()) {
      return value.asDouble();
    }
    try {
      return Double.parseDouble(value.asString(""));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
