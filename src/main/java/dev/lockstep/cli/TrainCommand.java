package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.profile.StepProfile;
import dev.lockstep.profile.TrainingReport;
import dev.lockstep.train.RunLog;
import dev.lockstep.train.TrainConfig;
import dev.lockstep.train.TrainSummary;
import dev.lockstep.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a model of feed-forward blocks, on text or on images. */
@Command(
    name = "train",
    description = {
      "Trains a language model on text, or a classifier on images of digits.",
      "Both are made of feed-forward blocks, which run through our own kernels; the language"
          + " model goes",
      "byte by byte. Writes a checkpoint, also when Ctrl-C ends the run after the step under"
          + " way."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep train",
      "  lockstep train --steps 50 --precision fp32 --profile",
      "  lockstep train --task classify --data mnist/",
      "  lockstep train --config run.toml --steps 600",
      "  lockstep train --data books/ --ffn gelu --norm layernorm --out runs/gelu --json gelu.json",
      "  lockstep train --steps 600 --resume runs/train/checkpoint.safetensors"
    })
final class TrainCommand implements Callable<Integer> {
  /** Ends a description; what stands there is the initial value of the field. */
  static final String DEFAULT = " (default: ${DEFAULT-VALUE})";

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "a .toml or .json file of these options, in tables named as the headings below or in"
              + " none; options given here as well count more")
  private @Nullable Path file;

  @Option(names = "--json", paramLabel = "FILE", description = "also write a summary as JSON")
  private @Nullable Path json;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "also write the course of the run as a page (HTML)")
  private @Nullable Path report;

  @Option(
      names = "--profile",
      description = "print where the time of a step goes; waits after each kernel, so steps slow")
  private boolean profile;

  @ArgGroup(validate = false, heading = "%nRun:%n")
  private RunOptions run = new RunOptions();

  @ArgGroup(validate = false, heading = "%nInput:%n")
  private InputOptions input = new InputOptions();

  @ArgGroup(validate = false, heading = "%nModel:%n")
  private ModelOptions model = new ModelOptions();

  @ArgGroup(validate = false, heading = "%nCompute:%n")
  private ComputeOptions compute = new ComputeOptions();

  @ArgGroup(validate = false, heading = "%nOptimizer:%n")
  private OptimizerOptions optimizer = new OptimizerOptions();

  @Override
  public Integer call() {
    CommandLine line = console.commandLine();
    if (file != null) {
      ConfigFile settings = ConfigFile.read(file);
      TrainCommand whole = new TrainCommand();
      settings.parse(line, Lockstep.configured(new CommandLine(whole)));
      whole.file = null;
      return whole.call();
    }
    Contradictions.refuse(line.getParseResult());
    TrainConfig config = UserError.judging(this::config);
    try (Interruption interruption = new Interruption();
        OutputFile summaryFile = json == null ? null : new OutputFile("--json", json);
        OutputFile page = report == null ? null : new OutputFile("--report", report)) {
      TrainSummary summary = train(config, interruption);
      if (summaryFile != null) {
        summaryFile.writeText(summary.toJson());
      }
      if (page != null) {
        RunLog log = RunLog.read(Path.of(summary.log()));
        page.writeText(new TrainingReport(List.of(log)).page().html());
        console.print("report     %s", page.path());
      }
    }
    return Lockstep.OK;
  }

  private TrainConfig config() {
    TrainConfig.Builder config = TrainConfig.builder();
    run.applyTo(config);
    input.applyTo(config);
    model.applyTo(config, run.task());
    compute.applyTo(config);
    if (profile) {
      config.graph(false); // in a graph, launches cannot be told apart
    }
    optimizer.applyTo(config);
    return config.build();
  }

  private TrainSummary train(TrainConfig config, Interruption interruption) {
    Devices.Choice choice = device.open();
    StepProfile times = profile ? new StepProfile() : null;
    TrainReport told = new TrainReport(console, times);
    try (Device _ = choice.device()) {
      TrainSummary summary = train(config, choice, told, interruption);
      told.finished(summary);
      return summary;
    }
  }

  private TrainSummary train(
      TrainConfig config, Devices.Choice choice, TrainReport told, Interruption interruption) {
    try (Progress progress = Progress.towards("train", config.steps(), console)) {
      told.follow(progress);
      Trainer trainer = UserError.judging(() -> new Trainer(config, choice, told, told::observe));
      interruption.asks(
          () -> {
            progress.print("stopping   after the step under way; its checkpoint follows");
            trainer.requestStop();
          });
      return trainer.run();
    }
  }
}
