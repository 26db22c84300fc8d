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
 * @param norm the kind of normalisation
 * @param feedForward what a block computes
 * @param feedForwardBias whether the matrices inside a block have biases
 * @param headBias whether the head has one
 * @param tiedHead whether the head's matrix is the embedding's; then E = D
 * @param normEpsilon added to the mean square or variance inside the root
 * @param normPlacement where a block normalises
 * @param initialization how weights are drawn before the first step
 * @param dropout probability with which training leaves out an element of what a block adds to the
 *     stream, and of what the blocks start from
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
    double normEpsilon,
    NormPlacement normPlacement,
    Initialization initialization,
    double dropout) {

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
    if (!(dropout >= 0 && (float) dropout < 1)) {
      throw new IllegalArgumentException("dropout " + dropout + " must be at least 0 and below 1");
    }
  }

  /** A model that normalises before its blocks, without dropout. */
  public LanguageModelConfig(
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
    this(
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
        normEpsilon,
        NormPlacement.PRE,
        Initialization.LECUN,
        0);
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

  /**
   * Floating-point operations that {@link ModelUse#RECOMPUTING} adds to them: one product of each
   * block that is not gated.
   */
  public long recomputedFlopsPerStep(long rows) {
    return feedForward.gated() ? 0 : 2L * blocks * width * hidden * rows;
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
    knobs.put("normPlacement", normPlacement.label());
    knobs.put("initialization", initialization.label());
    knobs.put("dropout", Double.toString(dropout));
    return knobs;
  }

  /**
   * What {@link #describe} described; knobs it does not name keep their defaults.
   *
   * @throws IllegalArgumentException naming what is missing or out of bounds
   */
  public static LanguageModelConfig of(Map<String, String> knobs) {
    Map<String, String> all = new LinkedHashMap<>(defaults().describe());
    all.replaceAll((name, value) -> knobs.getOrDefault(name, value));
    return new LanguageModelConfig(
        number(all, "vocabulary"),
        number(all, "context"),
        number(all, "embedding"),
        number(all, "width"),
        number(all, "hidden"),
        number(all, "blocks"),
        NormKind.of(all.getOrDefault("norm", "")),
        FeedForwardKind.of(all.getOrDefault("feedForward", "")),
        Boolean.parseBoolean(all.get("feedForwardBias")),
        Boolean.parseBoolean(all.get("headBias")),
        Boolean.parseBoolean(all.get("tiedHead")),
        Double.parseDouble(all.getOrDefault("normEpsilon", "")),
        NormPlacement.of(all.getOrDefault("normPlacement", "")),
        Initialization.of(all.getOrDefault("initialization", "")),
        Double.parseDouble(all.getOrDefault("dropout", "")));
  }

  private static int number(Map<String, String> knobs, String name) {
    return Integer.parseInt(knobs.getOrDefault(name, ""));
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
    private NormPlacement normPlacement;
    private Initialization initialization;
    private double dropout;

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
      normPlacement = from.normPlacement;
      initialization = from.initialization;
      dropout = from.dropout;
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

    public Builder normPlacement(NormPlacement value) {
      normPlacement = value;
      return this;
    }

    public Builder initialization(Initialization value) {
      initialization = value;
      return this;
    }

    public Builder dropout(double value) {
      dropout = value;
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
          normEpsilon,
          normPlacement,
          initialization,
          dropout);
    }
  }
}
