package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shape of a {@link LanguageModel}.
 *
 * @param vocabulary tokens there are, V
 * @param context tokens the model sees, C
 * @param embedding width of one token's embedding, E
 * @param headBias whether the head has a bias
 * @param tiedHead whether the head's matrix is the embedding's; then E = D
 * @param stack the blocks, and all they have in common
 */
public record LanguageModelConfig(
    int vocabulary,
    int context,
    int embedding,
    boolean headBias,
    boolean tiedHead,
    StackConfig stack)
    implements ModelConfig {

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public LanguageModelConfig {
    Sizes.require("vocabulary", vocabulary, 1);
    Sizes.require("context", context, 1);
    Sizes.require("embedding", embedding, 1);
    if (tiedHead && embedding != stack.width()) {
      throw new IllegalArgumentException(
          "a tied head needs embedding = width, not %d and %d".formatted(embedding, stack.width()));
    }
  }

  /**
   * The default model: 16 bytes of context, embeddings of 32, and the default blocks; 402,176
   * parameters.
   */
  public static LanguageModelConfig defaults() {
    return new LanguageModelConfig(256, 16, 32, true, false, StackConfig.defaults());
  }

  @Override
  public int inputWords() {
    return context;
  }

  @Override
  public long inputWidth() {
    return (long) context * embedding;
  }

  @Override
  public boolean trainsInput() {
    return true;
  }

  @Override
  public int outputs() {
    return vocabulary;
  }

  @Override
  public LanguageModel create(
      OpSet ops, Parameters parameters, int rows, ModelUse use, long headBytes, Stream stream) {
    return new LanguageModel(this, ops, parameters, rows, use, headBytes, stream);
  }

  @Override
  public Map<String, String> describe() {
    Map<String, String> knobs = new LinkedHashMap<>();
    knobs.put("vocabulary", Integer.toString(vocabulary));
    knobs.put("context", Integer.toString(context));
    knobs.put("embedding", Integer.toString(embedding));
    knobs.put("headBias", Boolean.toString(headBias));
    knobs.put("tiedHead", Boolean.toString(tiedHead));
    stack.describe(knobs);
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
        Sizes.number(all, "vocabulary"),
        Sizes.number(all, "context"),
        Sizes.number(all, "embedding"),
        Boolean.parseBoolean(all.get("headBias")),
        Boolean.parseBoolean(all.get("tiedHead")),
        StackConfig.of(all));
  }

  /** The defaults, to be changed. */
  public static Builder builder() {
    return defaults().toBuilder();
  }

  /** A copy to change. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Changes some of a configuration; checked when {@link #build built}. */
  public static final class Builder extends StackBuilder<Builder> {
    private int vocabulary;
    private int context;
    private int embedding;
    private boolean headBias;
    private boolean tiedHead;

    private Builder(LanguageModelConfig from) {
      super(from.stack);
      vocabulary = from.vocabulary;
      context = from.context;
      embedding = from.embedding;
      headBias = from.headBias;
      tiedHead = from.tiedHead;
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets {@link LanguageModelConfig#vocabulary()}. */
    public Builder vocabulary(int value) {
      vocabulary = value;
      return this;
    }

    /** Sets {@link LanguageModelConfig#context()}. */
    public Builder context(int value) {
      context = value;
      return this;
    }

    /** Sets {@link LanguageModelConfig#embedding()}. */
    public Builder embedding(int value) {
      embedding = value;
      return this;
    }

    /** Sets {@link LanguageModelConfig#headBias()}. */
    public Builder headBias(boolean value) {
      headBias = value;
      return this;
    }

    /** Sets {@link LanguageModelConfig#tiedHead()}. */
    public Builder tiedHead(boolean value) {
      tiedHead = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming what is out of bounds
     */
    public LanguageModelConfig build() {
      return new LanguageModelConfig(vocabulary, context, embedding, headBias, tiedHead, stack());
    }
  }
}
