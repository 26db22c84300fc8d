package dev.lockstep.cli;

import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.OptimizerConfig;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.train.TrainConfig;
import picocli.CommandLine.Option;

/** The options of {@code train} for the optimizer and its learning rate. */
final class OptimizerOptions {
  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

  @Option(
      names = "--optimizer",
      paramLabel = "KIND",
      description = "adamw (default), adam (its weight decay joins the gradient) or sgd")
  private OptimizerConfig.Kind kind = DEFAULTS.optimizer().kind();

  @Option(
      names = {"--lr", "--learning-rate"},
      paramLabel = "X",
      description = "peak learning rate" + TrainCommand.DEFAULT)
  private double learningRate = DEFAULTS.rate().learningRate();

  @Option(
      names = {"--warmup", "--warmup-steps"},
      paramLabel = "N",
      description = "steps of linear warm-up" + TrainCommand.DEFAULT)
  private int warmupSteps = DEFAULTS.rate().warmupSteps();

  @Option(
      names = "--lr-schedule",
      paramLabel = "KIND",
      description = "how the rate falls after that: cosine (default), linear or constant")
  private LearningRateSchedule.Decay schedule = DEFAULTS.rate().schedule();

  @Option(
      names = {"--final-lr", "--final-learning-rate-fraction"},
      paramLabel = "X",
      description = "where it ends, as a fraction of the peak" + TrainCommand.DEFAULT)
  private double finalFraction = DEFAULTS.rate().finalFraction();

  @Option(
      names = "--beta1",
      paramLabel = "X",
      description = "of Adam: decay of the mean of gradients" + TrainCommand.DEFAULT)
  private double beta1 = DEFAULTS.optimizer().beta1();

  @Option(
      names = "--beta2",
      paramLabel = "X",
      description = "of Adam: decay of the mean of their squares" + TrainCommand.DEFAULT)
  private double beta2 = DEFAULTS.optimizer().beta2();

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      description = "of Adam: added to the root of the latter" + TrainCommand.DEFAULT)
  private double epsilon = DEFAULTS.optimizer().epsilon();

  @Option(
      names = "--momentum",
      paramLabel = "X",
      description = "of SGD: how much of it a step keeps; 0 for none" + TrainCommand.DEFAULT)
  private double momentum = DEFAULTS.optimizer().momentum();

  @Option(
      names = "--nesterov",
      negatable = true,
      description = "of SGD: go by gradient and momentum")
  private boolean nesterov = DEFAULTS.optimizer().nesterov();

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "weight decay" + TrainCommand.DEFAULT)
  private double weightDecay = DEFAULTS.optimizer().weightDecay();

  @Option(
      names = {"--decay-scope", "--weight-decay-scope"},
      paramLabel = "WHICH",
      description = "which parameters decay: matrices (default), weights (embeddings, too) or all")
  private WeightDecayScope scope = DEFAULTS.optimizer().scope();

  @Option(
      names = {"--clip", "--clip-norm"},
      paramLabel = "X",
      description =
          "bound on the norm of all gradients together; 0 does not clip" + TrainCommand.DEFAULT)
  private double clipNorm = DEFAULTS.optimizer().clipNorm();

  @Option(
      names = "--clip-value",
      paramLabel = "X",
      description = "bound on each element after that; 0 does not clip" + TrainCommand.DEFAULT)
  private double clipValue = DEFAULTS.optimizer().clipValue();

  void applyTo(TrainConfig.Builder config) {
    config
        .optimizer(kind)
        .learningRate(learningRate)
        .warmupSteps(warmupSteps)
        .schedule(schedule)
        .finalLearningRateFraction(finalFraction)
        .beta1(beta1)
        .beta2(beta2)
        .epsilon(epsilon)
        .momentum(momentum)
        .nesterov(nesterov)
        .weightDecay(weightDecay)
        .weightDecayScope(scope)
        .clipNorm(clipNorm)
        .clipValue(clipValue);
  }
}
