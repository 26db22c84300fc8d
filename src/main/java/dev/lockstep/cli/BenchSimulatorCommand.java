package dev.lockstep.cli;

import dev.lockstep.profile.Columns;
import dev.lockstep.profile.bench.BenchCase;
import dev.lockstep.profile.bench.SimulatorBench;
import dev.lockstep.profile.bench.SimulatorBench.Speed;
import dev.lockstep.profile.bench.SimulatorBench.Way;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures how fast the simulator is. */
@Command(
    name = "simulator",
    description = {
      "Times the simulator on this machine, and what its ways of running cost.",
      "Five kernels from launch to result, and how many times as long they take with one"
          + " worker thread,",
      "with the sanitizer and with counters. Medians of rounds in which all ways take turns."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {"", "Examples:", "  lockstep bench simulator --json simulator.json"})
final class BenchSimulatorCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "rounds to take the median of" + TrainCommand.DEFAULT)
  private int rounds = 11;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      description =
          "how long each kernel is run before, until it is compiled" + TrainCommand.DEFAULT)
  private int warmUp = 10;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() {
    BenchRun.requirePositive("--rounds", rounds);
    BenchRun.requirePositive("--warmup", warmUp);
    List<BenchCase> cases = SimulatorBench.cases();
    try (OutputFile file = json == null ? null : new OutputFile("--json", json);
        SimulatorBench bench = new SimulatorBench(Duration.ofSeconds(warmUp), rounds);
        Progress progress = Progress.towards("bench", cases.size(), console)) {
      Machine machine = Machine.inspect();
      List<Speed> speeds = new ArrayList<>();
      Columns table =
          new Columns().row("kernel", "ms", "Minstr/s", "1 thread", "sanitizer", "counters");
      for (BenchCase row : cases) {
        progress.say(row.toString());
        Speed speed = bench.measure(row);
        speeds.add(speed);
        table.row(cells(speed));
        progress.step();
      }
      progress.print("machine  " + machine.system() + "; Java " + machine.java());
      table.lines().forEach(progress::print);
      progress.print("");
      progress.print(
          "Minstr/s: millions of instructions by warps (of PTX) each second; others: times");
      if (file != null) {
        file.writeJson(json(machine, speeds));
      }
    }
    return Lockstep.OK;
  }

  private static List<String> cells(Speed speed) {
    return List.of(
        speed.row().toString(),
        String.format(Locale.ROOT, "%7.2f", 1e3 * speed.seconds(Way.PLAIN)),
        String.format(Locale.ROOT, "%8.1f", 1e-6 * speed.instructionsPerSecond()),
        String.format(Locale.ROOT, "%8.2f", speed.times(Way.ONE_THREAD)),
        String.format(Locale.ROOT, "%9.2f", speed.times(Way.SANITIZED)),
        String.format(Locale.ROOT, "%8.2f", speed.times(Way.COUNTED)));
  }

  private Map<String, Object> json(Machine machine, List<Speed> speeds) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("lockstep", Version.get());
    root.put("machine", machine);
    root.put("rounds", rounds);
    root.put("rows", speeds.stream().map(BenchSimulatorCommand::row).toList());
    return root;
  }

  private static Map<String, Object> row(Speed speed) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("kernel", speed.row().kernel());
    row.put("pass", speed.row().pass());
    row.put("dtype", speed.row().dtype().suffix());
    row.put("shape", speed.row().shape().extents());
    row.put("warpInstructions", speed.instructions());
    row.put("seconds", speed.seconds(Way.PLAIN));
    row.put("oneThreadSeconds", speed.seconds(Way.ONE_THREAD));
    row.put("sanitizedSeconds", speed.seconds(Way.SANITIZED));
    row.put("countedSeconds", speed.seconds(Way.COUNTED));
    return row;
  }
}
