package dev.lockstep.cli;

import dev.lockstep.optim.LossScaler;
import dev.lockstep.train.LossScalingMode;
import dev.lockstep.train.TrainConfig;
import picocli.CommandLine.Option;

/** The options of {@code train} that keep small gradients from vanishing in fp16. */
final class LossScaleOptions {
  private static final LossScaler.Config DEFAULTS = LossScaler.Config.defaults();

  @Option(
      names = "--loss-scaling",
      paramLabel = "MODE",
      description = "auto (default: in fp16 only), dynamic (in any precision) or none")
  private LossScalingMode mode = LossScalingMode.AUTO;

  @Option(
      names = "--loss-scale",
      paramLabel = "X",
      description = "what the loss is multiplied by at first" + TrainCommand.DEFAULT)
  private double initial = DEFAULTS.initial();

  @Option(
      names = "--loss-scale-growth",
      paramLabel = "X",
      description = "what good steps multiply the scale by" + TrainCommand.DEFAULT)
  private double growth = DEFAULTS.growth();

  @Option(
      names = "--loss-scale-interval",
      paramLabel = "N",
      description = "after how many of them in a row" + TrainCommand.DEFAULT)
  private int interval = DEFAULTS.interval();

  @Option(
      names = "--loss-scale-backoff",
      paramLabel = "X",
      description = "what a skipped step multiplies it by" + TrainCommand.DEFAULT)
  private double backoff = DEFAULTS.backoff();

  void applyTo(TrainConfig.Builder config) {
    config
        .lossScaling(mode)
        .lossScaler(
            new LossScaler.Config(
                initial, growth, backoff, interval, DEFAULTS.minimum(), DEFAULTS.maximum()));
  }
}
