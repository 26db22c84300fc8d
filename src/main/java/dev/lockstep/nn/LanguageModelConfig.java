package dev.lockstep.nn;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shape of a {@link LanguageModel}.
 *
 * @param vocabulary tokens there are, V
 * @param context tokens the model sees, C
 * @param embedding width of one token's embedding, E
 * @param width width of the residual stream, D
 * @param hidden width inside a block, H
 * @param blocks feed-forward blocks
 * @param norm normalisation before each block and before the head
 * @param feedForward what a block computes
 * @param feedForwardBias whether the matrices inside a block have biases
 * @param headBias whether the head has one
 * @param tiedHead whether the head's matrix is the embedding's; then E = D
 * @param normEpsilon added to the mean square or variance inside the root
 */
public record LanguageModelConfig(
    int vocabulary,
    int context,
    int embedding,
    int width,
    int hidden,
    int blocks,
    NormKind norm,
    FeedForwardKind feedForward,
    boolean feedForwardBias,
    boolean headBias,
    boolean tiedHead,
    double normEpsilon) {

  /** Keeps every size far from any overflow of an element count. */
  private static final int LARGEST = 1 << 24;

  public LanguageModelConfig {
    requireSize("vocabulary", vocabulary, 1);
    requireSize("context", context, 1);
    requireSize("embedding", embedding, 1);
    requireSize("width", width, 1);
    requireSize("hidden", hidden, 1);
    requireSize("blocks", blocks, 0);
    if (tiedHead && embedding != width) {
      throw new IllegalArgumentException(
          "a tied head needs embedding = width, not %d and %d".formatted(embedding, width));
    }
    if (!(normEpsilon > 0 && normEpsilon < 1)) {
      throw new IllegalArgumentException(
          "norm epsilon " + normEpsilon + " must be above 0 and below 1");
    }
  }

  private static void requireSize(String name, int value, int least) {
    if (value < least || value > LARGEST) {
      throw new IllegalArgumentException(
          "%s %d must be from %d to %d".formatted(name, value, least, LARGEST));
    }
  }

  /**
   * The default model: 16 bytes of context, embeddings of 32, two SwiGLU blocks of width 128 and
   * hidden width 384; 402,176 parameters.
   */
  public static LanguageModelConfig defaults() {
    return new LanguageModelConfig(
        256,
        16,
        32,
        128,
        384,
        2,
        NormKind.RMSNORM,
        FeedForwardKind.SWIGLU,
        false,
        true,
        false,
        1e-5);
  }

  /** Number of trainable parameters. */
  public long parameterCount() {
    return LanguageModelParameters.specs(this).stream().mapToLong(p -> p.shape().count()).sum();
  }

  /**
   * Floating-point operations of all matrix products in one training step over {@code rows} rows:
   * two for each weight and row in the forward pass, and twice as many again in the backward pass,
   * which multiplies once for the input's gradient and once for the weight's.
   */
  public long flopsPerStep(long rows) {
    long blockWeights = (feedForward.gated() ? 3L : 2L) * width * hidden;
    long weights =
        (long) context * embedding * width + blocks * blockWeights + (long) width * vocabulary;
    return 6 * weights * rows;
  }

  /** Every knob by name, in order: what is printed, and stored with a checkpoint. */
  public Map<String, String> describe() {
    Map<String, String> knobs = new LinkedHashMap<>();
    knobs.put("vocabulary", Integer.toString(vocabulary));
    knobs.put("context", Integer.toString(context));
    knobs.put("embedding", Integer.toString(embedding));
    knobs.put("width", Integer.toString(width));
    knobs.put("hidden", Integer.toString(hidden));
    knobs.put("blocks", Integer.toString(blocks));
    knobs.put("norm", norm.label());
    knobs.put("feedForward", feedForward.label());
    knobs.put("feedForwardBias", Boolean.toString(feedForwardBias));
    knobs.put("headBias", Boolean.toString(headBias));
    knobs.put("tiedHead", Boolean.toString(tiedHead));
    knobs.put("normEpsilon", Double.toString(normEpsilon));
    return knobs;
  }

  /** A copy to change. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Changes some of a configuration; checked when {@link #build built}. */
  public static final class Builder {
    private final int vocabulary;
    private int context;
    private int embedding;
    private int width;
    private int hidden;
    private int blocks;
    private NormKind norm;
    private FeedForwardKind feedForward;
    private boolean feedForwardBias;
    private boolean headBias;
    private boolean tiedHead;
    private double normEpsilon;

    private Builder(LanguageModelConfig from) {
      vocabulary = from.vocabulary;
      context = from.context;
      embedding = from.embedding;
      width = from.width;
      hidden = from.hidden;
      blocks = from.blocks;
      norm = from.norm;
      feedForward = from.feedForward;
      feedForwardBias = from.feedForwardBias;
      headBias = from.headBias;
      tiedHead = from.tiedHead;
      normEpsilon = from.normEpsilon;
    }

    public Builder context(int value) {
      context = value;
      return this;
    }

    public Builder embedding(int value) {
      embedding = value;
      return this;
    }

    public Builder width(int value) {
      width = value;
      return this;
    }

    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    public Builder blocks(int value) {
      blocks = value;
      return this;
    }

    public Builder norm(NormKind value) {
      norm = value;
      return this;
    }

    public Builder feedForward(FeedForwardKind value) {
      feedForward = value;
      return this;
    }

    public Builder feedForwardBias(boolean value) {
      feedForwardBias = value;
      return this;
    }

    public Builder headBias(boolean value) {
      headBias = value;
      return this;
    }

    public Builder tiedHead(boolean value) {
      tiedHead = value;
      return this;
    }

    public Builder normEpsilon(double value) {
      normEpsilon = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming what is out of bounds
     */
    public LanguageModelConfig build() {
      return new LanguageModelConfig(
          vocabulary,
          context,
          embedding,
          width,
          hidden,
          blocks,
          norm,
          feedForward,
          feedForwardBias,
          headBias,
          tiedHead,
          normEpsilon);
    }
  }
}
