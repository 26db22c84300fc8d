package dev.lockstep.cli;

import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.NormKind;
import picocli.CommandLine.Option;

/** The options of {@code train} that shape the model; defaults come from the model itself. */
final class ModelOptions {
  private static final LanguageModelConfig DEFAULTS = LanguageModelConfig.defaults();

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "bytes the model looks back" + TrainCommand.DEFAULT)
  private int context = DEFAULTS.context();

  @Option(
      names = "--embedding",
      paramLabel = "N",
      description = "width of a byte's embedding" + TrainCommand.DEFAULT)
  private int embedding = DEFAULTS.embedding();

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "width of the residual stream" + TrainCommand.DEFAULT)
  private int width = DEFAULTS.width();

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "width inside a block" + TrainCommand.DEFAULT)
  private int hidden = DEFAULTS.hidden();

  @Option(
      names = "--blocks",
      paramLabel = "N",
      description = "feed-forward blocks" + TrainCommand.DEFAULT)
  private int blocks = DEFAULTS.blocks();

  @Option(
      names = "--norm",
      paramLabel = "KIND",
      description = "before each block and the head: rmsnorm (default) or layernorm")
  private NormKind norm = DEFAULTS.norm();

  @Option(
      names = "--ffn",
      paramLabel = "KIND",
      description = "what a block computes: swiglu (default), geglu, reglu, gelu or gelu_tanh")
  private FeedForwardKind feedForward = DEFAULTS.feedForward();

  @Option(names = "--ffn-bias", description = "give the matrices of blocks a bias")
  private boolean feedForwardBias = DEFAULTS.feedForwardBias();

  @Option(names = "--tied-head", description = "use the embedding as the head's matrix")
  private boolean tiedHead = DEFAULTS.tiedHead();

  @Option(
      names = "--norm-epsilon",
      paramLabel = "X",
      description = "inside the norms' root" + TrainCommand.DEFAULT)
  private double normEpsilon = DEFAULTS.normEpsilon();

  /**
   * The model.
   *
   * @throws IllegalArgumentException naming what is out of bounds
   */
  LanguageModelConfig model() {
    return DEFAULTS.toBuilder()
        .context(context)
        .embedding(embedding)
        .width(width)
        .hidden(hidden)
        .blocks(blocks)
        .norm(norm)
        .feedForward(feedForward)
        .feedForwardBias(feedForwardBias)
        .tiedHead(tiedHead)
        .normEpsilon(normEpsilon)
        .build();
  }
}
