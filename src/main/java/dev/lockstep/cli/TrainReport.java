package dev.lockstep.cli;

import dev.lockstep.device.Stream;
import dev.lockstep.profile.Columns;
import dev.lockstep.profile.StepProfile;
import dev.lockstep.train.Baselines;
import dev.lockstep.train.BestCheckpoint;
import dev.lockstep.train.RunInfo;
import dev.lockstep.train.StepMetrics;
import dev.lockstep.train.TaskKind;
import dev.lockstep.train.TrainListener;
import dev.lockstep.train.TrainSummary;
import dev.lockstep.train.Validation;
import dev.lockstep.train.health.HealthWarning;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells people how a training run goes. */
final class TrainReport implements TrainListener {
  private static final int LINE = 100;
  private static final String INDENT = " ".repeat(11);

  private final Console console;
  private final @Nullable StepProfile times;
  private List<StepProfile.Row> profile = List.of();
  private TaskKind task = TaskKind.TEXT;
  private int firstStep;
  private int steps;
  private int profiledSteps;
  private @Nullable Progress progress;

  /**
   * Reports to the console.
   *
   * @param times the stopwatch of the run's stream, when there is to be a profile
   */
  TrainReport(Console console, @Nullable StepProfile times) {
    this.console = console;
    this.times = times;
  }

  /** Shows the run's progress there, too. */
  void follow(Progress bar) {
    progress = bar;
  }

  /** The run's stream, timed when there is to be a profile. */
  Stream observe(Stream stream) {
    return times == null ? stream : times.watch(stream);
  }

  @Override
  public void logCut(Path file, long bytes) {
    progress()
        .print(
            "log        %s ended within a line, as after a kill or on a full disk: %d bytes cut off"
                .formatted(file, bytes));
  }

  @Override
  public void started(RunInfo info) {
    firstStep = info.firstStep();
    steps = info.config().steps();
    task = info.config().task();
    List<String> head = new ArrayList<>();
    head.add(
        "device     %s: %s (%s)"
            .formatted(info.device().provider(), info.device().name(), info.deviceReason()));
    head.add(
        "model      %s parameters, %.1f MFLOP of matrix products a step"
            .formatted(grouped(info.parameters()), info.flopsPerStep() / 1e6));
    head.add(
        "memory     %s bytes of activations%s"
            .formatted(
                grouped(info.activationBytes()),
                info.config().compute().recompute()
                    ? ", some computed once more (%.1f MFLOP a step)"
                        .formatted(info.recomputedFlopsPerStep() / 1e6)
                    : ""));
    head.add(data(info));
    head.addAll(config(info.config().describe()));
    head.add("");
    head.add(
        switch (task) {
          case TEXT -> "  step     loss  bits/byte  grad norm         lr     tokens/s";
          case CLASSIFY -> "  step     loss  grad norm         lr     images/s";
        });
    head.forEach(progress()::print);
  }

  private static String data(RunInfo info) {
    String format =
        switch (info.config().task()) {
          case TEXT -> "text       %s: %s bytes to train on, %s held out";
          case CLASSIFY -> "images     %s: %s to train on, %s held out";
        };
    return format.formatted(
        info.source(), grouped(info.trainingSize()), grouped(info.heldOutSize()));
  }

  @Override
  public void stepQueued(int step) {
    progress().step();
  }

  @Override
  public void logged(StepMetrics metrics) {
    progress()
        .print(
            "%6d %8.4f%s  %9.4f  %9.2e  %11s%s"
                .formatted(
                    metrics.step(),
                    metrics.loss(),
                    task == TaskKind.TEXT ? "  %9.4f".formatted(metrics.bitsPerByte()) : "",
                    metrics.gradientNorm(),
                    metrics.learningRate(),
                    grouped(Math.round(metrics.rowsPerSecond())),
                    metrics.skippedSoFar() == 0 ? "" : skippedSoFar(metrics)));
    if (times != null) {
      if (metrics.step() == firstStep + 1 && metrics.step() < steps) {
        // The first step compiles what it runs; the profile is of the others.
        times.reset();
      } else {
        profile = times.rows();
        profiledSteps = metrics.step() - firstStep - (steps > firstStep + 1 ? 1 : 0);
      }
    }
  }

  /** Beside the numbers of a step, once there was one. */
  private static String skippedSoFar(StepMetrics metrics) {
    return "  %d skipped, loss scale %.0f".formatted(metrics.skippedSoFar(), metrics.lossScale());
  }

  @Override
  public void skipped(StepMetrics metrics) {
    progress()
        .print(
            "%6d  skipped: the %s is not finite (loss scale %s)"
                .formatted(metrics.step(), metrics.nonFinite(), metrics.lossScale()));
  }

  @Override
  public void warned(int step, HealthWarning warning) {
    progress().print("%6d  warning: %s".formatted(step, warning.text()));
  }

  @Override
  public void checkpointWritten(Path file, int step) {
    progress().print("%6d  checkpoint %s".formatted(step, file));
  }

  @Override
  public void validated(int step, Validation validation, boolean best) {
    progress()
        .print(
            "%6d  validation %s%s"
                .formatted(step, text(validation), best ? ", the best so far" : ""));
  }

  @Override
  public void stoppedEarly(int step, int validations, double best) {
    progress()
        .print(
            "%6d  stopping: %d validations in a row were no better than %.4f"
                .formatted(step, validations, best));
  }

  private static String text(Validation validation) {
    return switch (validation) {
      case Validation.Text text -> "%.4f bits per byte".formatted(text.bitsPerByte());
      case Validation.Classification it ->
          "%.4f nats, %.2f %% right".formatted(it.loss(), 100 * it.accuracy());
    };
  }

  @Override
  public void evaluated(int done, int total) {
    progress().say("validation " + done + "/" + total);
  }

  /** All is done. */
  void finished(TrainSummary summary) {
    console.print("");
    if (summary.interrupted()) {
      console.print(
          "stopped    after step %d of %d; go on with --resume %s",
          summary.steps(), steps, summary.checkpoint());
    } else {
      console.print(
          "%s",
          "validation %s on the held-out %s"
              .formatted(text(summary.validation()), task == TaskKind.TEXT ? "text" : task.rows()));
      console.print("%s", INDENT + text(summary.baselines()));
    }
    console.print("time       %.3f s a step", summary.secondsPerStep());
    console.print("checkpoint %s", summary.checkpoint());
    BestCheckpoint best = summary.best();
    if (best != null) {
      console.print(
          "%s",
          "best       %s, of step %d: %.4f %s"
              .formatted(best.checkpoint(), best.step(), best.score(), task.lossUnit()));
    }
    console.print("log        %s", summary.log());
    if (!summary.sample().isEmpty()) {
      console.print("sample");
      printable(summary.sample()).lines().forEach(line -> console.print("  | %s", line));
    }
    if (times != null) {
      profile();
    }
  }

  private static String text(Baselines baselines) {
    return switch (baselines) {
      case Baselines.Text models ->
          "byte models counted on the rest: order-0 %.4f, order-1 %.4f, order-2 %.4f"
              .formatted(models.order0(), models.order1(), models.order2());
      case Baselines.Majority majority ->
          "always saying %d, the most frequent of the rest: %.2f %% right; by frequency: %.4f nats"
              .formatted(majority.label(), 100 * majority.accuracy(), majority.loss());
    };
  }

  private void profile() {
    double seconds = profile.stream().mapToDouble(StepProfile.Row::seconds).sum();
    console.print("");
    console.print(
        "profile    %.1f ms a step over %d steps, waiting after each of these:",
        1e3 * seconds / profiledSteps, profiledSteps);
    Columns table = new Columns();
    table.row("  kernel", "a step", "ms each", "ms a step", "share");
    for (StepProfile.Row row : profile) {
      table.row(
          "  " + row.name(),
          "%6.1f".formatted((double) row.count() / profiledSteps),
          "%7.3f".formatted(1e3 * row.secondsEach()),
          "%9.3f".formatted(1e3 * row.seconds() / profiledSteps),
          "%4.1f%%".formatted(100 * row.share()));
    }
    table.lines().forEach(line -> console.print("%s", line));
  }

  private Progress progress() {
    return Objects.requireNonNull(progress, "follow() comes first");
  }

  /** All knobs, as many on a line as fit. */
  private static List<String> config(Map<String, String> knobs) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder("config     ");
    for (Map.Entry<String, String> knob : knobs.entrySet()) {
      String text = knob.getKey() + "=" + knob.getValue() + " ";
      if (line.length() + text.length() > LINE && line.length() > INDENT.length()) {
        lines.add(line.toString().stripTrailing());
        line = new StringBuilder(INDENT);
      }
      line.append(text);
    }
    lines.add(line.toString().stripTrailing());
    return lines;
  }

  /** A model may write any byte; a terminal obeys some of them. */
  static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "·");
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
