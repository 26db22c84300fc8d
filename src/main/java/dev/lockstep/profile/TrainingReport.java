package dev.lockstep.profile;

import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Block;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Grid;
import dev.lockstep.profile.page.Heading;
import dev.lockstep.profile.page.Page;
import dev.lockstep.profile.page.Paragraph;
import dev.lockstep.profile.page.Series;
import dev.lockstep.train.RunLog;
import dev.lockstep.train.StepMetrics;
import dev.lockstep.train.TaskKind;
import dev.lockstep.train.Validation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/** The course of one or several training runs as a page: the same quantity of all in one chart. */
public final class TrainingReport {
  /** Half of a loss is remembered after as many steps as make one in {@value} of a run. */
  private static final int SMOOTHING = 50;

  private final List<RunLog> runs;
  private final List<String> names;
  private final TaskKind task;

  /**
   * A report on these runs, in that order.
   *
   * @throws IllegalArgumentException when there is none, or they learned different tasks
   */
  public TrainingReport(List<RunLog> runs) {
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("a report needs at least one run");
    }
    this.runs = List.copyOf(runs);
    names = names(runs);
    task = runs.getFirst().task();
    for (int i = 1; i < runs.size(); i++) {
      if (runs.get(i).task() != task) {
        throw new IllegalArgumentException(
            "%s is of task %s and %s of task %s: their losses do not fit in one chart"
                .formatted(names.get(0), task.label(), names.get(i), runs.get(i).task().label()));
      }
    }
  }

  /** Folders' names, or whole paths where two of those are the same. */
  private static List<String> names(List<RunLog> runs) {
    List<String> names = runs.stream().map(RunLog::name).toList();
    return Set.copyOf(names).size() == names.size()
        ? names
        : runs.stream().map(run -> run.file().toString()).toList();
  }

  /** The page. */
  public Page page() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      if (runs.get(i).validation() == null) {
        blocks.add(
            new Paragraph(
                names.get(i) + " is under way, or was stopped: it has no validation yet.", true));
      }
    }
    blocks.add(results());
    blocks.add(curves("Loss, smoothed", Axis.linear(task.lossUnit()), this::smoothedLoss));
    blocks.add(steps("Loss of each step", Axis.linear(task.lossUnit()), task::loss));
    if (runs.stream().anyMatch(run -> !run.validations().isEmpty())) {
      blocks.add(curves("Validation", Axis.linear(task.lossUnit()), TrainingReport::validations));
    }
    blocks.add(
        steps("Gradient norm", Axis.log("norm of all gradients"), StepMetrics::gradientNorm));
    blocks.add(steps("Learning rate", Axis.linear("learning rate"), StepMetrics::learningRate));
    if (runs.stream()
        .flatMap(run -> run.steps().stream())
        .anyMatch(step -> step.lossScale() != 1)) {
      blocks.add(
          steps("Loss scale", Axis.log("what the loss is multiplied by"), StepMetrics::lossScale));
    }
    blocks.add(
        steps("Throughput", Axis.linear(task.rows() + " per second"), StepMetrics::rowsPerSecond));
    for (int i = 0; i < runs.size(); i++) {
      String heading = runs.size() == 1 ? "Layers" : "Layers of " + names.get(i);
      blocks.addAll(new HealthReport(heading, runs.get(i).health()).blocks());
    }
    blocks.add(new Heading("Configuration"));
    if (runs.size() > 1) {
      blocks.add(Paragraph.of("What differs between runs is marked."));
    }
    blocks.add(configuration());
    return new Page(
        runs.size() == 1 ? "Training run " + names.get(0) : runs.size() + " training runs",
        runs.stream().map(run -> run.file().toString()).collect(Collectors.joining(", ")),
        blocks);
  }

  /** Every step of every run, one a line; the first column names the run. */
  public String csv() {
    boolean text = task == TaskKind.TEXT;
    CsvSchema.Builder columns = CsvSchema.builder();
    columns.addColumn("run").addColumn("step").addColumn("loss");
    if (text) {
      columns.addColumn("bitsPerByte");
    }
    columns.addColumn("gradientNorm").addColumn("learningRate");
    columns.addColumn(task.throughput()).addColumn("skipped").addColumn("lossScale");
    List<List<Object>> lines = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      for (StepMetrics step : runs.get(i).steps()) {
        List<Object> line = new ArrayList<>(List.of(names.get(i), step.step(), step.loss()));
        if (text) {
          line.add(step.bitsPerByte());
        }
        line.addAll(
            List.of(
                step.gradientNorm(),
                step.learningRate(),
                step.rowsPerSecond(),
                step.skipped(),
                step.lossScale()));
        lines.add(line);
      }
    }
    return CsvMapper.shared()
        .writer(columns.build().withHeader())
        .writeValueAsString(lines)
        .stripTrailing();
  }

  /**
   * Every statistic of every layer of every run, one tensor a line; the first column names the run.
   *
   * @throws IllegalArgumentException when no run looked at its layers
   */
  public String healthCsv() {
    if (runs.stream().allMatch(run -> run.health().isEmpty())) {
      throw new IllegalArgumentException(
          "no run looked at its layers; `train --health-every 10` looks at every tenth step");
    }
    return HealthReport.csv(names, runs.stream().map(RunLog::health).toList());
  }

  private Grid results() {
    return new Grid(
        List.of(
            "run",
            "steps",
            "first loss, " + task.lossUnit(),
            "last loss, smoothed",
            "validation, " + task.lossUnit(),
            task.rows() + "/s, median",
            "skipped steps"),
        IntStream.range(0, runs.size()).mapToObj(this::result).toList());
  }

  private Grid.Row result(int index) {
    RunLog run = runs.get(index);
    List<StepMetrics> steps = run.steps();
    boolean none = steps.isEmpty();
    return Grid.Row.of(
        names.get(index),
        "%d of %s".formatted(none ? 0 : steps.getLast().step(), run.config().get("steps")),
        none ? "" : loss(task.loss(steps.getFirst())),
        none ? "" : loss(smoothedLoss(run).getLast().y()),
        validation(run.validation()),
        none
            ? ""
            : String.format(
                Locale.ROOT,
                "%,.0f",
                Median.of(steps.stream().mapToDouble(StepMetrics::rowsPerSecond).toArray())),
        Long.toString(steps.stream().filter(StepMetrics::skipped).count()));
  }

  private static String validation(@Nullable Validation found) {
    return switch (found) {
      case null -> "";
      case Validation.Text text -> loss(text.bitsPerByte());
      case Validation.Classification it ->
          loss(it.loss()) + String.format(Locale.ROOT, ", %.2f %% right", 100 * it.accuracy());
    };
  }

  private static String loss(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private Chart steps(String title, Axis y, ToDoubleFunction<StepMetrics> value) {
    return curves(
        title,
        y,
        run ->
            run.steps().stream()
                .map(step -> Series.Point.of(step.step(), value.applyAsDouble(step)))
                .toList());
  }

  private Chart curves(String title, Axis y, Function<RunLog, List<Series.Point>> curve) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      series.add(Series.line(names.get(i), curve.apply(runs.get(i))));
    }
    return new Chart.Plot(title, Axis.linear("step"), y, series);
  }

  /**
   * An exponential mean whose half-life is a fixed part of the run, without the pull towards 0 of
   * its first steps; what is not finite is passed over.
   */
  private List<Series.Point> smoothedLoss(RunLog run) {
    double keep = Math.pow(0.5, (double) SMOOTHING / Math.max(SMOOTHING, run.steps().size()));
    double sum = 0;
    double weight = 0;
    List<Series.Point> points = new ArrayList<>();
    for (StepMetrics step : run.steps()) {
      double loss = task.loss(step);
      if (Double.isFinite(loss)) {
        sum = keep * sum + (1 - keep) * loss;
        weight = keep * weight + (1 - keep);
      }
      points.add(Series.Point.of(step.step(), weight == 0 ? Double.NaN : sum / weight));
    }
    return points;
  }

  /** On the way and at the end. */
  private static List<Series.Point> validations(RunLog run) {
    SortedMap<Integer, Validation> all = new TreeMap<>(run.validations());
    if (run.validation() != null && !run.steps().isEmpty()) {
      all.put(run.steps().getLast().step(), run.validation());
    }
    return all.entrySet().stream()
        .map(each -> Series.Point.of(each.getKey(), each.getValue().score()))
        .toList();
  }

  private Grid configuration() {
    Set<String> knobs = new LinkedHashSet<>();
    runs.forEach(run -> knobs.addAll(run.config().keySet()));
    List<String> header = new ArrayList<>(List.of("knob"));
    header.addAll(names);
    List<Grid.Row> rows = new ArrayList<>();
    for (String knob : knobs) {
      List<String> values =
          runs.stream().map(run -> run.config().getOrDefault(knob, "(not known then)")).toList();
      List<String> cells = new ArrayList<>(List.of(knob));
      cells.addAll(values);
      rows.add(new Grid.Row(cells, Set.copyOf(values).size() > 1));
    }
    return new Grid(header, rows);
  }
}
