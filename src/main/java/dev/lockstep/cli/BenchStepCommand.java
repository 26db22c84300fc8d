package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.profile.Columns;
import dev.lockstep.profile.StepAccount;
import dev.lockstep.profile.StepBench;
import dev.lockstep.profile.StepProfile;
import dev.lockstep.train.Precision;
import dev.lockstep.train.TrainConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says where the time of a training step goes. */
@Command(
    name = "step",
    description = {
      "Says where the time of a training step of the default model goes.",
      "The Java side's own share, what it allocates on the heap, and every kernel. Two runs:"
          + " the first",
      "undisturbed, the second waits after every kernel to take its time."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep bench step",
      "  lockstep bench step --precision fp32 --batch 64 --json step.json"
    })
final class BenchStepCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "steps to measure, after as many to warm up" + TrainCommand.DEFAULT)
  private int steps = 50;

  @Option(names = "--precision", paramLabel = "TYPE", description = "as of train (default: bf16)")
  private Precision precision = Precision.BF16;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "contexts in a step" + TrainCommand.DEFAULT)
  private int batch = 256;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() {
    BenchRun.requirePositive("--steps", steps);
    BenchRun.requirePositive("--batch", batch);
    try (OutputFile file = json == null ? null : new OutputFile("--json", json)) {
      Devices.Choice choice = device.open();
      try (Device opened = choice.device()) {
        console.print("%s", DeviceSelection.line(choice));
        StepBench.Result result = measure(choice);
        print(result);
        if (file != null) {
          file.writeJson(json(result, opened.info().name()));
        }
      }
    }
    return Lockstep.OK;
  }

  /** The runs leave their files in a folder that goes again. */
  private StepBench.Result measure(Devices.Choice choice) {
    try {
      Path folder = Files.createTempDirectory("lockstep-step");
      try {
        return UserError.judging(
            () ->
                StepBench.measure(
                    config(folder.resolve("undisturbed")).build(),
                    config(folder.resolve("waiting")).graph(false).build(),
                    steps,
                    choice));
      } finally {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(each);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep the files of a run", e);
    }
  }

  private TrainConfig.Builder config(Path out) {
    return TrainConfig.builder()
        .precision(precision)
        .batch(batch)
        .steps(2 * steps + 1)
        .warmupSteps(1)
        .logEvery(steps)
        .checkpointEvery(0)
        .out(out);
  }

  private void print(StepBench.Result result) {
    double step = result.secondsPerStep();
    console.print(
        "step     %.3f ms of wall time, over %d steps after as many to warm up", 1e3 * step, steps);
    console.print("");
    Columns parts = new Columns().row("  where", "calls", "us a step", "share", "heap bytes");
    for (StepAccount.Part part : result.parts()) {
      parts.row(
          "  " + part.kind().name().toLowerCase(Locale.ROOT),
          part.kind() == StepAccount.Kind.JAVA
              ? ""
              : "%5.1f".formatted((double) part.calls() / steps),
          "%9.1f".formatted(1e6 * result.secondsPerStep(part)),
          "%5.2f%%".formatted(100 * result.secondsPerStep(part) / step),
          "%10.0f".formatted((double) part.bytes() / steps));
    }
    parts.lines().forEach(line -> console.print("%s", line));
    console.print("");
    Columns kernels = new Columns().row("  kernel", "a step", "us each", "us a step", "share");
    for (StepProfile.Row row : result.kernels()) {
      kernels.row(
          "  " + row.name(),
          "%6.1f".formatted((double) row.count() / steps),
          "%7.1f".formatted(1e6 * row.secondsEach()),
          "%9.1f".formatted(1e6 * row.seconds() / steps),
          "%4.1f%%".formatted(100 * row.share()));
    }
    kernels.lines().forEach(line -> console.print("%s", line));
  }

  private Map<String, Object> json(StepBench.Result result, String deviceName) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("lockstep", Version.get());
    root.put("device", deviceName);
    root.put("machine", Machine.inspect());
    root.put("config", config(Path.of("step")).build().describe());
    root.put("steps", steps);
    root.put("secondsPerStep", result.secondsPerStep());
    for (StepAccount.Part part : result.parts()) {
      root.put(
          part.kind().name().toLowerCase(Locale.ROOT),
          new TreeMap<>(
              Map.of(
                  "calls", (double) part.calls() / steps,
                  "seconds", result.secondsPerStep(part),
                  "heapBytes", (double) part.bytes() / steps)));
    }
    root.put("kernels", result.kernels());
    return root;
  }
}
