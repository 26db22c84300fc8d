package dev.lockstep.cli;

import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.train.LossScalingMode;
import dev.lockstep.train.Precision;
import dev.lockstep.train.TrainConfig;
import picocli.CommandLine.Option;

/** The options of {@code train} that say in which numbers a run computes. */
final class ComputeOptions {
  private static final TrainConfig DEFAULTS = TrainConfig.builder().build();

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
      names = "--no-graph",
      negatable = true,
      description =
          "capture a step once and launch it as one graph, where the device can (CUDA can, the"
              + " simulator cannot) and --profile does not time its kernels (default); --no-graph"
              + " queues each kernel of each step")
  private boolean noGraph;

  @Option(
      names = "--recompute",
      negatable = true,
      description =
          "compute what lies inside blocks once more in backward passes instead of keeping it:"
              + " less memory, the same bits")
  private boolean recompute = DEFAULTS.compute().recompute();

  @Option(
      names = "--head-memory",
      paramLabel = "BYTES",
      converter = ByteCount.Converter.class,
      description =
          "what the logits of a pass may take, 64M for example; where those of all contexts take"
              + " more, they are computed for some at a time"
              + TrainCommand.DEFAULT)
  private ByteCount headMemory = new ByteCount(DEFAULTS.compute().headMemory());

  @Option(
      names = "--loss-scaling",
      paramLabel = "MODE",
      description = "auto (default: in fp16 only), dynamic (in any precision) or none")
  private LossScalingMode mode = DEFAULTS.compute().lossScaling();

  @Option(
      names = "--loss-scale",
      paramLabel = "X",
      description = "what the loss is multiplied by at first" + TrainCommand.DEFAULT)
  private double initial = DEFAULTS.compute().lossScaler().initial();

  @Option(
      names = "--loss-scale-growth",
      paramLabel = "X",
      description = "what good steps multiply the scale by" + TrainCommand.DEFAULT)
  private double growth = DEFAULTS.compute().lossScaler().growth();

  @Option(
      names = "--loss-scale-interval",
      paramLabel = "N",
      description = "after how many of them in a row" + TrainCommand.DEFAULT)
  private int interval = DEFAULTS.compute().lossScaler().interval();

  @Option(
      names = "--loss-scale-backoff",
      paramLabel = "X",
      description = "what a skipped step multiplies it by" + TrainCommand.DEFAULT)
  private double backoff = DEFAULTS.compute().lossScaler().backoff();

  void applyTo(TrainConfig.Builder config) {
    LossScaler.Config bounds = DEFAULTS.compute().lossScaler();
    config
        .precision(precision)
        .matmul(matmul)
        .graph(!noGraph)
        .recompute(recompute)
        .headMemory(headMemory.bytes())
        .lossScaling(mode)
        .lossScaler(
            new LossScaler.Config(
                initial, growth, backoff, interval, bounds.minimum(), bounds.maximum()));
  }
}
