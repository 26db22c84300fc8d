package dev.lockstep.nn;

/**
 * What builders of models share: the knobs of {@link StackConfig}.
 *
 * @param <B> the builder itself
 */
public abstract sealed class StackBuilder<B extends StackBuilder<B>>
    permits LanguageModelConfig.Builder, ClassifierConfig.Builder {
  private int width;
  private int hidden;
  private int blocks;
  private NormKind norm;
  private FeedForwardKind feedForward;
  private boolean feedForwardBias;
  private double normEpsilon;
  private NormPlacement normPlacement;
  private Initialization initialization;
  private double dropout;

  StackBuilder(StackConfig from) {
    width = from.width();
    hidden = from.hidden();
    blocks = from.blocks();
    norm = from.norm();
    feedForward = from.feedForward();
    feedForwardBias = from.feedForwardBias();
    normEpsilon = from.normEpsilon();
    normPlacement = from.normPlacement();
    initialization = from.initialization();
    dropout = from.dropout();
  }

  abstract B self();

  /** Sets {@link StackConfig#width()}. */
  public final B width(int value) {
    width = value;
    return self();
  }

  /** Sets {@link StackConfig#hidden()}. */
  public final B hidden(int value) {
    hidden = value;
    return self();
  }

  /** Sets {@link StackConfig#blocks()}. */
  public final B blocks(int value) {
    blocks = value;
    return self();
  }

  /** Sets {@link StackConfig#norm()}. */
  public final B norm(NormKind value) {
    norm = value;
    return self();
  }

  /** Sets {@link StackConfig#feedForward()}. */
  public final B feedForward(FeedForwardKind value) {
    feedForward = value;
    return self();
  }

  /** Sets {@link StackConfig#feedForwardBias()}. */
  public final B feedForwardBias(boolean value) {
    feedForwardBias = value;
    return self();
  }

  /** Sets {@link StackConfig#normEpsilon()}. */
  public final B normEpsilon(double value) {
    normEpsilon = value;
    return self();
  }

  /** Sets {@link StackConfig#normPlacement()}. */
  public final B normPlacement(NormPlacement value) {
    normPlacement = value;
    return self();
  }

  /** Sets {@link StackConfig#initialization()}. */
  public final B initialization(Initialization value) {
    initialization = value;
    return self();
  }

  /** Sets {@link StackConfig#dropout()}. */
  public final B dropout(double value) {
    dropout = value;
    return self();
  }

  /** The stack so far, checked. */
  final StackConfig stack() {
    return new StackConfig(
        width,
        hidden,
        blocks,
        norm,
        feedForward,
        feedForwardBias,
        normEpsilon,
        normPlacement,
        initialization,
        dropout);
  }
}
