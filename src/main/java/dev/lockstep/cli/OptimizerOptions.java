package dev.lockstep.cli;

import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.train.TrainConfig;
import picocli.CommandLine.Option;

/** The options of {@code train} for AdamW and its schedule. */
final class OptimizerOptions {
  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

  @Option(
      names = "--lr",
      paramLabel = "X",
      description = "peak learning rate" + TrainCommand.DEFAULT)
  private double learningRate = DEFAULTS.learningRate();

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "steps of linear warm-up" + TrainCommand.DEFAULT)
  private int warmupSteps = DEFAULTS.warmupSteps();

  @Option(
      names = "--final-lr",
      paramLabel = "X",
      description = "where the cosine ends, as a fraction of the peak" + TrainCommand.DEFAULT)
  private double finalFraction = DEFAULTS.finalLearningRateFraction();

  @Option(
      names = "--beta1",
      paramLabel = "X",
      description = "decay of the mean of gradients" + TrainCommand.DEFAULT)
  private double beta1 = DEFAULTS.optimizer().beta1();

  @Option(
      names = "--beta2",
      paramLabel = "X",
      description = "decay of the mean of their squares" + TrainCommand.DEFAULT)
  private double beta2 = DEFAULTS.optimizer().beta2();

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      description = "added to the root of the latter" + TrainCommand.DEFAULT)
  private double epsilon = DEFAULTS.optimizer().epsilon();

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "decoupled weight decay" + TrainCommand.DEFAULT)
  private double weightDecay = DEFAULTS.optimizer().weightDecay();

  @Option(
      names = "--decay-scope",
      paramLabel = "WHICH",
      description = "which parameters decay: matrices (default) or all")
  private WeightDecayScope scope = DEFAULTS.optimizer().scope();

  @Option(
      names = "--clip",
      paramLabel = "X",
      description =
          "bound on the norm of all gradients together; 0 does not clip" + TrainCommand.DEFAULT)
  private double clipNorm = DEFAULTS.clipNorm();

  void applyTo(TrainConfig.Builder config) {
    config
        .learningRate(learningRate)
        .warmupSteps(warmupSteps)
        .finalLearningRateFraction(finalFraction)
        .beta1(beta1)
        .beta2(beta2)
        .epsilon(epsilon)
        .weightDecay(weightDecay)
        .weightDecayScope(scope)
        .clipNorm(clipNorm);
  }
}
