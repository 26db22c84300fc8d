package dev.lockstep.cli;

import dev.lockstep.device.DeviceOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
      "Runs every benchmark with its defaults and writes the results of each to a file.",
      "Takes some minutes on a device that counts. Exit code 1 when any of them missed a"
          + " limit, 2 when",
      "any was refused; the others run all the same."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep bench all --device sim --out results/",
      "  lockstep bench all --quick"
    })
final class BenchAllCommand implements Callable<Integer> {
  private static final String SIMULATOR = "simulator";
  private static final List<String> KINDS = List.of("launch", "step", "matmul", "rows", SIMULATOR);

  /** What makes each of them short. */
  private static final Map<String, List<String>> QUICK =
      Map.of(
          "launch",
          List.of(),
          "step",
          List.of("--steps", "2", "--batch", "16"),
          "matmul",
          List.of("--kernel", "linear", "--shape", "128x128x128"),
          "rows",
          List.of("--kernel", "rmsnorm", "--kernel", "silu", "--rows", "1024", "--cols", "1024"),
          SIMULATOR,
          List.of("--rounds", "1", "--warmup", "1"));

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

  @Option(
      names = "--quick",
      description =
          "few kernels, shapes and steps: shows in less than a minute that every benchmark runs,"
              + " and says little of how fast")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "only these of launch, step, matmul, rows and simulator (default: all)")
  private List<String> only = new ArrayList<>();

  @Override
  public Integer call() {
    for (String kind : only) {
      if (!KINDS.contains(kind)) {
        throw new UserError(
            "--only %s is no benchmark; there are %s".formatted(kind, String.join(", ", KINDS)));
      }
    }
    // What is wrong with these is wrong for all of them, and is said once.
    DeviceSelection.open(device, DeviceOptions.defaults()).device().close();
    new OutputFile("--out", out.resolve(KINDS.getFirst() + ".json")).close();
    int worst = Lockstep.OK;
    List<String> refused = new ArrayList<>();
    for (String kind : KINDS) {
      if (!only.isEmpty() && !only.contains(kind)) {
        continue;
      }
      boolean ownDevice = kind.equals(SIMULATOR);
      int code = ownDevice ? run(kind) : run(kind, "--device", device);
      if (code == Lockstep.USAGE) {
        refused.add(kind);
      }
      worst = Math.max(worst, code);
    }
    if (!refused.isEmpty()) {
      console.print("");
      console.print("not measured, as said above: %s", String.join(", ", refused));
    }
    return worst;
  }

  private int run(String kind, String... options) {
    List<String> words = new ArrayList<>(List.of(kind));
    words.addAll(List.of(options));
    if (quick) {
      words.addAll(Objects.requireNonNull(QUICK.get(kind), kind));
    }
    words.addAll(List.of("--json", out.resolve(kind + ".json").toString()));
    console.print("");
    console.print("== bench %s", String.join(" ", words));
    CommandLine bench = Objects.requireNonNull(spec, "set by picocli").commandLine().getParent();
    return bench.execute(words.toArray(String[]::new));
  }
}
