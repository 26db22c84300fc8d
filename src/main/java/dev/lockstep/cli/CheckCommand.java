package dev.lockstep.cli;

import dev.lockstep.check.CheckOptions;
import dev.lockstep.check.CheckReport;
import dev.lockstep.check.CheckResult;
import dev.lockstep.check.Checks;
import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares kernels and gradients with the reference, or with golden results. */
@Command(
    name = "check",
    description = {
      "Compares each op, in each type and many shapes, with a reference in double precision.",
      "So for outputs and gradients; or compares both with golden results. Exit code 1 when"
          + " any is off."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep check",
      "  lockstep check --op rmsnorm --dtype bf16 --verbose",
      "  lockstep check --device cuda --markdown report.md    what to send of a GPU",
      "  lockstep check --goldens src/test/resources/goldens --json report.json"
    })
final class CheckCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(names = "--op", paramLabel = "NAME", description = "only this op (default: all)")
  private @Nullable String op;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "only this storage type: f32, f16 or bf16 (default: all)")
  private @Nullable String dtype;

  @Option(
      names = "--goldens",
      paramLabel = "DIR",
      description = "run a folder of golden cases instead of our own")
  private @Nullable Path goldens;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "also write device, driver, clocks and worst errors as a page to paste")
  private @Nullable Path markdown;

  @Option(names = "--verbose", description = "print every case, not only failures and totals")
  private boolean verbose;

  @Override
  public Integer call() {
    CheckOptions options =
        new CheckOptions(
            Optional.ofNullable(op),
            Optional.ofNullable(dtype).map(CheckCommand::parse),
            Optional.ofNullable(goldens));
    UserError.judging(() -> Checks.requireKnown(options));
    try (OutputFile jsonFile = json == null ? null : new OutputFile("--json", json);
        OutputFile page = markdown == null ? null : new OutputFile("--markdown", markdown)) {
      return run(options, jsonFile, page);
    }
  }

  private int run(CheckOptions options, @Nullable OutputFile jsonFile, @Nullable OutputFile page) {
    Devices.Choice choice = device.open();
    try (Device opened = choice.device()) {
      CheckReport report = run(options, choice);
      if (jsonFile != null) {
        jsonFile.writeText(report.toJson());
      }
      if (page != null) {
        page.writeText(String.join("\n", CheckPage.of(opened.info(), choice.reason(), report)));
      }
      return print(report);
    }
  }

  private CheckReport run(CheckOptions options, Devices.Choice choice) {
    Device opened = choice.device();
    try (Progress progress = Progress.counting("check", console)) {
      progress.print(DeviceSelection.line(choice));
      Consumer<CheckResult> each =
          result -> {
            progress.step();
            if (verbose || result.status() == CheckResult.Status.FAILED) {
              progress.print(CheckTable.line(result));
            }
          };
      return UserError.judging(() -> Checks.run(opened, options, each));
    }
  }

  private int print(CheckReport report) {
    CheckTable.summary(report).forEach(console::print);
    return report.failed() == 0 ? Lockstep.OK : Lockstep.FAILED;
  }

  /** Takes {@code fp32} for {@code f32} and so on. */
  private static DType parse(String name) {
    String suffix = name.toLowerCase(Locale.ROOT).replaceFirst("^fp", "f");
    return Arrays.stream(DType.values())
        .filter(type -> type.suffix().equals(suffix))
        .findFirst()
        .orElseThrow(
            () -> new UserError("--dtype " + name + " is no storage type; use f32, f16 or bf16"));
  }
}
