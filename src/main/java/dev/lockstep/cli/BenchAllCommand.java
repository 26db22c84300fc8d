package dev.lockstep.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Every benchmark, one after another. */
@Command(
    name = "all",
    description = {
      "Runs every benchmark with its defaults, one after another, and writes the results of each"
          + " to",
      "a file of its own. Takes some minutes on a device that counts. Exit code 1 when any of them",
      "missed a limit; the others run all the same."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {"", "Examples:", "  lockstep bench all --device sim --out results/"})
final class BenchAllCommand implements Callable<Integer> {
  private static final List<String> ON_A_DEVICE = List.of("launch", "step", "matmul", "rows");

  @Mixin private final Console console = new Console();

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, cuda or sim" + TrainCommand.DEFAULT)
  private String device = "auto";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "folder of the results" + TrainCommand.DEFAULT)
  private Path out = Path.of("results");

  @Override
  public Integer call() {
    int worst = Lockstep.OK;
    for (String kind : ON_A_DEVICE) {
      int code = run(kind, "--device", device);
      if (code == Lockstep.USAGE) {
        return code; // what the user has to change is wrong for all of them
      }
      worst = Math.max(worst, code);
    }
    return Math.max(worst, run("simulator"));
  }

  private int run(String kind, String... options) {
    List<String> words = new ArrayList<>(List.of(kind));
    words.addAll(List.of(options));
    words.addAll(List.of("--json", out.resolve(kind + ".json").toString()));
    console.print("");
    console.print("== bench %s", String.join(" ", words));
    CommandLine bench = Objects.requireNonNull(spec, "set by picocli").commandLine().getParent();
    return bench.execute(words.toArray(String[]::new));
  }
}
