package dev.lockstep.cli;

import dev.lockstep.profile.Columns;
import dev.lockstep.profile.bench.ResultComparison;
import dev.lockstep.profile.bench.ResultComparison.Verdict;
import dev.lockstep.profile.bench.ResultFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what became slower from one file of results to another. */
@Command(
    name = "compare",
    description = {
      "Compares two files of results, and says what got worse beyond the noise.",
      "Files of bench --json, of train --json, or of JMH (-rf json). Times that differ by less"
          + " than the",
      "noise, or whose intervals overlap, are the same; what was counted has no noise. Exit"
          + " code 1 when",
      "anything got worse."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep bench compare bench/results/2026-11-28-rows-sim.json rows.json",
      "  lockstep bench compare before.json after.json --noise 10 --all"
    })
final class BenchCompareCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "the earlier results, the later ones")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--noise",
      paramLabel = "PERCENT",
      description =
          "how far times of the same program lie apart on that machine" + TrainCommand.DEFAULT)
  private double noise = 5;

  @Option(names = "--all", description = "also list what stayed the same")
  private boolean all;

  @Override
  public Integer call() {
    if (files.size() != 2) {
      throw new UserError(
          "compare takes two files of results, not %d: lockstep bench compare BEFORE.json AFTER.json"
              .formatted(files.size()));
    }
    if (!(noise >= 0 && noise < 100)) {
      throw new UserError("--noise " + noise + " must be at least 0 and below 100");
    }
    ResultComparison comparison =
        UserError.judging(
            () ->
                ResultComparison.of(
                    ResultFile.read(files.get(0)), ResultFile.read(files.get(1)), noise / 100));
    Columns table = new Columns().row("", "before", "after", "ratio", "");
    List<ResultComparison.Line> shown =
        comparison.lines().stream().filter(line -> all || line.verdict() != Verdict.SAME).toList();
    shown.forEach(line -> table.row(line.cells()));
    if (!shown.isEmpty()) {
      table.lines().forEach(line -> console.print("%s", line));
    }
    console.print(
        "%d worse, %d better, %d the same, %d only before, %d only after",
        comparison.count(Verdict.WORSE),
        comparison.count(Verdict.BETTER),
        comparison.count(Verdict.SAME),
        comparison.count(Verdict.GONE),
        comparison.count(Verdict.NEW));
    return comparison.count(Verdict.WORSE) == 0 ? Lockstep.OK : Lockstep.FAILED;
  }
}
