package dev.lockstep.cli;

import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.Initialization;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelConfig;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.nn.StackBuilder;
import dev.lockstep.train.TaskKind;
import dev.lockstep.train.TrainConfig;
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

  @Option(names = "--norm", paramLabel = "KIND", description = "rmsnorm (default) or layernorm")
  private NormKind norm = DEFAULTS.norm();

  @Option(
      names = {"--ffn", "--feed-forward"},
      paramLabel = "KIND",
      description =
          "what a block computes, gated: swiglu (default), geglu, reglu, geglu_tanh, glu, bilinear;"
              + " or not: gelu, gelu_tanh, silu, relu, leaky_relu, tanh, sigmoid")
  private FeedForwardKind feedForward = DEFAULTS.feedForward();

  @Option(
      names = {"--ffn-bias", "--feed-forward-bias"},
      negatable = true,
      description = "give the matrices of blocks a bias")
  private boolean feedForwardBias = DEFAULTS.feedForwardBias();

  @Option(
      names = "--tied-head",
      negatable = true,
      description = "use the embedding as the head's matrix")
  private boolean tiedHead = DEFAULTS.tiedHead();

  @Option(
      names = "--norm-epsilon",
      paramLabel = "X",
      description = "inside the norms' root" + TrainCommand.DEFAULT)
  private double normEpsilon = DEFAULTS.normEpsilon();

  @Option(
      names = "--norm-placement",
      paramLabel = "WHERE",
      description = "pre (default: before each block and the head) or post (after each block)")
  private NormPlacement normPlacement = DEFAULTS.normPlacement();

  @Option(
      names = {"--init", "--initialization"},
      paramLabel = "KIND",
      description = "how weights are drawn: lecun (default), xavier, he or gpt2")
  private Initialization initialization = DEFAULTS.initialization();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "probability of leaving out an element of a block's result" + TrainCommand.DEFAULT)
  private double dropout = DEFAULTS.dropout();

  void applyTo(TrainConfig.Builder config, TaskKind task) {
    config.model(model(task));
  }

  /**
   * The model of a task.
   *
   * @throws IllegalArgumentException naming what is out of bounds
   */
  private ModelConfig model(TaskKind task) {
    return switch (task) {
      case TEXT ->
          stack(DEFAULTS.toBuilder())
              .context(context)
              .embedding(embedding)
              .tiedHead(tiedHead)
              .build();
      case CLASSIFY -> stack(ClassifierConfig.builder()).build();
    };
  }

  private <B extends StackBuilder<B>> B stack(B model) {
    return model
        .width(width)
        .hidden(hidden)
        .blocks(blocks)
        .norm(norm)
        .feedForward(feedForward)
        .feedForwardBias(feedForwardBias)
        .normEpsilon(normEpsilon)
        .normPlacement(normPlacement)
        .initialization(initialization)
        .dropout(dropout);
  }
}
