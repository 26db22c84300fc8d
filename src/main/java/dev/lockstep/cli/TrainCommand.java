package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.profile.StepProfile;
import dev.lockstep.profile.TrainingReport;
import dev.lockstep.train.OutputFolder;
import dev.lockstep.train.Precision;
import dev.lockstep.train.RunLog;
import dev.lockstep.train.TrainConfig;
import dev.lockstep.train.TrainSummary;
import dev.lockstep.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a language model of feed-forward blocks on text. */
@Command(
    name = "train",
    description = {
      "Trains a byte-level language model made of feed-forward blocks on text, through our own",
      "kernels, and writes a checkpoint. Ctrl-C finishes the step and writes the checkpoint too."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep train",
      "  lockstep train --steps 50 --precision fp32 --profile",
      "  lockstep train --data books/ --ffn gelu --norm layernorm --out runs/gelu --json gelu.json",
      "  lockstep train --steps 600 --resume runs/train/checkpoint.safetensors"
    })
final class TrainCommand implements Callable<Integer> {
  /** Ends a description; what stands there is the initial value of the field. */
  static final String DEFAULT = " (default: ${DEFAULT-VALUE})";

  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(
      names = "--data",
      paramLabel = "FILE|DIR",
      description = "text to train on (default: the licence texts of the running JDK)")
  private @Nullable Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "folder of checkpoint and log (default: that of --resume, or the first of runs/train,"
              + " runs/train-2, ... without a run)")
  private @Nullable Path out;

  @Option(names = "--overwrite", description = "replace an earlier run in that folder")
  private boolean overwrite;

  @Option(names = "--json", paramLabel = "FILE", description = "also write a summary as JSON")
  private @Nullable Path json;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "also write the course of the run as a page (HTML)")
  private @Nullable Path report;

  @Option(names = "--resume", paramLabel = "FILE", description = "checkpoint to go on from")
  private @Nullable Path resume;

  @Option(names = "--steps", paramLabel = "N", description = "optimizer steps" + DEFAULT)
  private int steps = DEFAULTS.steps();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "of weights, batches and the sample" + DEFAULT)
  private long seed = DEFAULTS.seed();

  @Option(names = "--batch", paramLabel = "N", description = "contexts in one pass" + DEFAULT)
  private int batch = DEFAULTS.batch();

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "passes that make up one step" + DEFAULT)
  private int accumulation = DEFAULTS.accumulation();

  @Option(
      names = "--head-memory",
      paramLabel = "BYTES",
      converter = ByteCount.Converter.class,
      description =
          "what the logits of a pass may take, 64M for example; where those of all contexts take"
              + " more, they are computed for some at a time"
              + DEFAULT)
  private ByteCount headMemory = new ByteCount(DEFAULTS.headMemory());

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "bf16 (default; with fp32 master weights), fp16 (the same, with its loss scaled), tf32"
              + " (fp32 but for the factors of matrix products) or fp32")
  private Precision precision = DEFAULTS.precision();

  @Option(
      names = "--matmul",
      paramLabel = "WHO",
      description =
          "who multiplies matrices: own (default), our kernels, or cublas on a GPU, to compare"
              + " with")
  private MatrixEngine matmul = DEFAULTS.matmul();

  @Option(
      names = "--log-every",
      paramLabel = "N",
      description = "steps from line to line" + DEFAULT)
  private int logEvery = DEFAULTS.logEvery();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description = "steps from checkpoint to checkpoint; 0 writes one at the end only" + DEFAULT)
  private int checkpointEvery = DEFAULTS.checkpointEvery();

  @Option(
      names = "--no-graph",
      description =
          "queue each kernel of each step; else, where the device can (CUDA can, the simulator"
              + " cannot), a step is captured once and launched as one graph, unless --profile"
              + " times its kernels")
  private boolean noGraph;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "bytes of text to generate at the end" + DEFAULT)
  private int sampleLength = DEFAULTS.sampleLength();

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "of that text; 0 always takes the likeliest byte" + DEFAULT)
  private double temperature = DEFAULTS.temperature();

  @Option(
      names = "--profile",
      description = "print where the time of a step goes; waits after each kernel, so steps slow")
  private boolean profile;

  @ArgGroup(validate = false, heading = "%nModel:%n")
  private ModelOptions model = new ModelOptions();

  @ArgGroup(validate = false, heading = "%nLoss scaling:%n")
  private LossScaleOptions lossScale = new LossScaleOptions();

  @ArgGroup(validate = false, heading = "%nOptimizer (AdamW; warm-up, then a cosine):%n")
  private OptimizerOptions optimizer = new OptimizerOptions();

  @Override
  public Integer call() {
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
    TrainConfig.Builder config =
        TrainConfig.builder()
            .model(model.model())
            .precision(precision)
            .matmul(matmul)
            .steps(steps)
            .seed(seed)
            .batch(batch)
            .accumulation(accumulation)
            .headMemory(headMemory.bytes())
            .data(data)
            .out(folder())
            .overwrite(overwrite)
            .resume(resume)
            .logEvery(logEvery)
            .checkpointEvery(checkpointEvery)
            .graph(!noGraph)
            .sampleLength(sampleLength)
            .temperature(temperature);
    optimizer.applyTo(config);
    lossScale.applyTo(config);
    return config.build();
  }

  private Path folder() {
    if (out != null) {
      return out;
    }
    Path resumed = resume == null ? null : resume.toAbsolutePath().getParent();
    return resumed != null ? resumed : OutputFolder.unused(DEFAULTS.out());
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
