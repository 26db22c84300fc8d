package dev.lockstep.cli;

import dev.lockstep.profile.TrainingReport;
import dev.lockstep.train.RunLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws the course of training runs. */
@Command(
    name = "report",
    description = {
      "Draws the course of training runs, finished or under way, as a page.",
      "It has loss, gradient norm, learning rate and throughput of all of them in the same"
          + " charts, each",
      "layer where it was looked at, and what differs in their configurations. The page is one"
          + " file and",
      "needs no network."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep report runs/train                         writes runs/train/report.html",
      "  lockstep report runs/train runs/train-2 --out both.html",
      "  lockstep report runs/train --csv steps.csv"
    })
final class ReportCommand implements Callable<Integer> {
  /** The page of a single run, in its folder. */
  static final String PAGE = "report.html";

  @Mixin private final Console console = new Console();

  @Parameters(paramLabel = "RUN", arity = "0..*", description = "folder of a run, or its log.jsonl")
  private List<Path> runs = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "the page (default: report.html in the folder of the first run)")
  private @Nullable Path out;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "also write every step of every run as comma-separated values")
  private @Nullable Path csv;

  @Option(
      names = "--health-csv",
      paramLabel = "FILE",
      description = "also write every statistic of every layer, where runs had --health-every")
  private @Nullable Path healthCsv;

  @Override
  public Integer call() {
    if (runs.isEmpty()) {
      throw new UserError("name at least one run, for example: lockstep report runs/train");
    }
    List<RunLog> logs = UserError.judging(() -> runs.stream().map(RunLog::read).toList());
    Path page = out != null ? out : logs.get(0).file().resolveSibling(PAGE);
    TrainingReport report = new TrainingReport(logs);
    String layers = healthCsv == null ? "" : UserError.judging(report::healthCsv);
    try (OutputFile pageFile = new OutputFile("--out", page);
        OutputFile layerTable =
            healthCsv == null ? null : new OutputFile("--health-csv", healthCsv);
        OutputFile table = csv == null ? null : new OutputFile("--csv", csv)) {
      pageFile.writeText(report.page().html());
      console.print("page       %s", pageFile.path());
      if (table != null) {
        table.writeText(report.csv());
        console.print("table      %s", table.path());
      }
      if (layerTable != null) {
        layerTable.writeText(layers);
        console.print("layers     %s", layerTable.path());
      }
    }
    return Lockstep.OK;
  }
}
