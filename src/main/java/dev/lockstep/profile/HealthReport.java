package dev.lockstep.profile;

import dev.lockstep.profile.page.Block;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Grid;
import dev.lockstep.profile.page.Heading;
import dev.lockstep.profile.page.Paragraph;
import dev.lockstep.train.health.HealthRule;
import dev.lockstep.train.health.HealthWarning;
import dev.lockstep.train.health.ParameterHealth;
import dev.lockstep.train.health.StepHealth;
import dev.lockstep.train.health.TensorHealth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/** The layers of a run over its steps: signs of trouble in words, and a heat map of each number. */
final class HealthReport {
  /** More steps are not to be told apart on a screen. */
  private static final int MOST_COLUMNS = 150;

  private final String heading;
  private final List<StepHealth> steps;

  /**
   * @param heading of the part of the page
   * @param steps that were looked at, in their order
   */
  HealthReport(String heading, List<StepHealth> steps) {
    this.heading = heading;
    this.steps = List.copyOf(steps);
  }

  /** Nothing where nothing was looked at. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    if (steps.isEmpty()) {
      return blocks;
    }
    blocks.add(new Heading(heading));
    warnings(blocks);
    absent(blocks);
    map(blocks, "Activations: root mean square", true, HealthReport::sizes);
    map(blocks, "Gradients: norm of a layer's", true, StepHealth::gradientNorms);
    map(
        blocks,
        "Dead units: share that is 0 in every row",
        false,
        step -> shares(step, TensorHealth::dead));
    map(
        blocks,
        "Saturation: share with a hundredth of the slope",
        false,
        step -> shares(step, TensorHealth::saturated));
    map(blocks, "Updates: share of a layer's weights, the largest", true, StepHealth::updates);
    return blocks;
  }

  private void warnings(List<Block> blocks) {
    Set<HealthRule> rules = new LinkedHashSet<>();
    for (StepHealth step : steps) {
      for (HealthWarning warning : step.warnings()) {
        blocks.add(new Paragraph("Step %d: %s.".formatted(step.step(), warning.text()), true));
        rules.add(warning.rule());
      }
    }
    if (rules.isEmpty()) {
      blocks.add(Paragraph.of("No sign of trouble at %d steps.".formatted(steps.size())));
      return;
    }
    blocks.add(
        new Grid(
            List.of("sign", "warned of from", "why"),
            rules.stream()
                .map(rule -> Grid.Row.of(rule.title(), rule.bound(), rule.reason()))
                .toList()));
  }

  private void absent(List<Block> blocks) {
    Set<String> names = new LinkedHashSet<>();
    steps.forEach(step -> names.addAll(step.absent()));
    if (!names.isEmpty()) {
      blocks.add(
          Paragraph.of(
              "Never there as a whole, so nothing is known of them: %s."
                  .formatted(String.join(", ", names))));
    }
  }

  private static Map<String, Double> sizes(StepHealth step) {
    return step.activations().stream()
        .collect(
            Collectors.toMap(
                TensorHealth::name,
                tensor -> tensor.nonFinite() == 0 ? tensor.rms() : Double.NaN,
                (one, _) -> one,
                LinkedHashMap::new));
  }

  private static Map<String, Double> shares(
      StepHealth step, Function<TensorHealth, OptionalDouble> share) {
    Map<String, Double> shares = new LinkedHashMap<>();
    for (TensorHealth tensor : step.activations()) {
      share.apply(tensor).ifPresent(value -> shares.put(tensor.name(), value));
    }
    return shares;
  }

  /** A row for each name any step has. */
  private void map(
      List<Block> blocks,
      String title,
      boolean logarithmic,
      Function<StepHealth, Map<String, Double>> values) {
    List<StepHealth> shown = shown();
    List<Map<String, Double>> columns = shown.stream().map(values).toList();
    Set<String> rows = new LinkedHashSet<>();
    columns.forEach(column -> rows.addAll(column.keySet()));
    if (rows.isEmpty()) {
      return;
    }
    blocks.add(
        new Chart.HeatMap(
            title,
            "step",
            shown.stream().map(step -> (double) step.step()).toList(),
            List.copyOf(rows),
            rows.stream()
                .map(
                    row ->
                        columns.stream().map(each -> each.getOrDefault(row, Double.NaN)).toList())
                .toList(),
            logarithmic));
  }

  /** Evenly many, the last among them. */
  private List<StepHealth> shown() {
    int each = Math.ceilDiv(steps.size(), MOST_COLUMNS);
    List<StepHealth> shown = new ArrayList<>();
    for (int i = (steps.size() - 1) % each; i < steps.size(); i += each) {
      shown.add(steps.get(i));
    }
    return shown;
  }

  /** Every number of every step of these runs, one tensor a line. */
  static String csv(List<String> names, List<List<StepHealth>> runs) {
    CsvSchema.Builder columns = CsvSchema.builder();
    for (String column :
        List.of(
            "run",
            "step",
            "tensor",
            "of",
            "count",
            "nonFinite",
            "mean",
            "rms",
            "norm",
            "dead",
            "saturated",
            "update")) {
      columns.addColumn(column);
    }
    List<List<Object>> lines = new ArrayList<>();
    for (int run = 0; run < runs.size(); run++) {
      for (StepHealth step : runs.get(run)) {
        List<Object> place = List.of(names.get(run), step.step());
        for (TensorHealth tensor : step.activations()) {
          lines.add(line(place, "activation", tensor, OptionalDouble.empty()));
        }
        for (ParameterHealth parameter : step.parameters()) {
          lines.add(line(place, "gradient", parameter.gradient(), OptionalDouble.empty()));
          lines.add(line(place, "weights", parameter.weights(), parameter.update()));
        }
      }
    }
    return CsvMapper.shared()
        .writer(columns.build().withHeader())
        .writeValueAsString(lines)
        .stripTrailing();
  }

  private static List<Object> line(
      List<Object> place, String of, TensorHealth tensor, OptionalDouble update) {
    List<Object> line = new ArrayList<>(place);
    line.addAll(
        List.of(
            tensor.name(),
            of,
            tensor.count(),
            tensor.nonFinite(),
            tensor.mean(),
            tensor.rms(),
            tensor.norm(),
            text(tensor.dead()),
            text(tensor.saturated()),
            text(update)));
    return line;
  }

  private static String text(OptionalDouble value) {
    return value.isPresent() ? Objects.toString(value.getAsDouble()) : "";
  }
}
