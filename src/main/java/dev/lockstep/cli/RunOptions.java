package dev.lockstep.cli;

import dev.lockstep.train.OutputFolder;
import dev.lockstep.train.TaskKind;
import dev.lockstep.train.TrainConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code train} that say how long a run goes on and what it leaves behind. */
final class RunOptions {
  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "what is learned: text (default; the next byte) or classify (images of digits)")
  private TaskKind task = DEFAULTS.task();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "optimizer steps" + TrainCommand.DEFAULT)
  private int steps = DEFAULTS.steps();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "folder of checkpoint and log (default: that of --resume, or the first of runs/train,"
              + " runs/train-2, ... without a run)")
  private @Nullable Path out;

  @Option(
      names = "--overwrite",
      negatable = true,
      description = "replace an earlier run in that folder")
  private boolean overwrite;

  @Option(names = "--resume", paramLabel = "FILE", description = "checkpoint to go on from")
  private @Nullable Path resume;

  @Option(
      names = "--log-every",
      paramLabel = "N",
      description = "steps from line to line" + TrainCommand.DEFAULT)
  private int logEvery = DEFAULTS.run().logEvery();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description =
          "steps from checkpoint to checkpoint; 0 writes one at the end only"
              + TrainCommand.DEFAULT)
  private int checkpointEvery = DEFAULTS.run().checkpointEvery();

  @Option(
      names = "--validate-every",
      paramLabel = "N",
      description =
          "steps from validation to validation, and the last step; the checkpoint of the best one"
              + " is kept beside the last, as best.safetensors. 0 validates at the end only"
              + TrainCommand.DEFAULT)
  private int validateEvery = DEFAULTS.run().validateEvery();

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "validations without a better one that end the run; 0 never ends it"
              + TrainCommand.DEFAULT)
  private int patience = DEFAULTS.run().patience();

  @Option(
      names = "--health-every",
      paramLabel = "N",
      description =
          "steps from one look at the layers to the next, and the first step: statistics of"
              + " activations, gradients, weights and updates go into the log and the report,"
              + " signs of trouble are said. Such a step waits for the device, which copies all"
              + " these to the host; losses stay the same. 0 never looks"
              + TrainCommand.DEFAULT)
  private int healthEvery = DEFAULTS.run().healthEvery();

  @Option(
      names = {"--sample", "--sample-length"},
      paramLabel = "N",
      description = "bytes of text to generate at the end" + TrainCommand.DEFAULT)
  private int sampleLength = DEFAULTS.run().sampleLength();

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "of that text; 0 always takes the likeliest byte" + TrainCommand.DEFAULT)
  private double temperature = DEFAULTS.run().temperature();

  TaskKind task() {
    return task;
  }

  /** What is out of bounds is told by the option's name, where the library calls it otherwise. */
  void applyTo(TrainConfig.Builder config) {
    UserError.requireAtLeast("--log-every", logEvery, 1);
    UserError.requireAtLeast("--checkpoint-every", checkpointEvery, 0);
    UserError.requireAtLeast("--health-every", healthEvery, 0);
    UserError.requireAtLeast("--validate-every", validateEvery, 0);
    UserError.requireAtLeast("--sample", sampleLength, 0);
    config
        .steps(steps)
        .out(folder())
        .overwrite(overwrite)
        .resume(resume)
        .logEvery(logEvery)
        .checkpointEvery(checkpointEvery)
        .healthEvery(healthEvery)
        .validateEvery(validateEvery)
        .patience(patience)
        .sampleLength(sampleLength)
        .temperature(temperature);
  }

  private Path folder() {
    if (out != null) {
      return out;
    }
    Path resumed = resume == null ? null : resume.toAbsolutePath().getParent();
    return resumed != null ? resumed : OutputFolder.unused(DEFAULTS.run().out());
  }
}
