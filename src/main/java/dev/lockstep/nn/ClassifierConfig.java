package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shape of a {@link Classifier}.
 *
 * @param features numbers that describe a row, F
 * @param classes what a row may be, V
 * @param stack the blocks, and all they have in common
 */
public record ClassifierConfig(int features, int classes, StackConfig stack)
    implements ModelConfig {

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public ClassifierConfig {
    Sizes.require("features", features, 1);
    Sizes.require("classes", classes, 1);
  }

  /** Images of 28 × 28 pixels, ten digits, and the default blocks; 397,066 parameters. */
  public static ClassifierConfig defaults() {
    return new ClassifierConfig(28 * 28, 10, StackConfig.defaults());
  }

  @Override
  public int inputWords() {
    return features;
  }

  @Override
  public long inputWidth() {
    return features;
  }

  @Override
  public boolean trainsInput() {
    return false;
  }

  @Override
  public int outputs() {
    return classes;
  }

  @Override
  public boolean headBias() {
    return true;
  }

  /** The logits are always kept, whatever they may take. */
  @Override
  public Classifier create(
      OpSet ops, Parameters parameters, int rows, ModelUse use, long headBytes, Stream stream) {
    return new Classifier(this, ops, parameters, rows, use, stream);
  }

  @Override
  public Map<String, String> describe() {
    Map<String, String> knobs = new LinkedHashMap<>();
    knobs.put("features", Integer.toString(features));
    knobs.put("classes", Integer.toString(classes));
    stack.describe(knobs);
    return knobs;
  }

  /**
   * What {@link #describe} described; knobs it does not name keep their defaults.
   *
   * @throws IllegalArgumentException naming what is missing or out of bounds
   */
  public static ClassifierConfig of(Map<String, String> knobs) {
    Map<String, String> all = new LinkedHashMap<>(defaults().describe());
    all.replaceAll((name, value) -> knobs.getOrDefault(name, value));
    return new ClassifierConfig(
        Sizes.number(all, "features"), Sizes.number(all, "classes"), StackConfig.of(all));
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
    private int features;
    private int classes;

    private Builder(ClassifierConfig from) {
      super(from.stack);
      features = from.features;
      classes = from.classes;
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets {@link ClassifierConfig#features()}. */
    public Builder features(int value) {
      features = value;
      return this;
    }

    /** Sets {@link ClassifierConfig#classes()}. */
    public Builder classes(int value) {
      classes = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming what is out of bounds
     */
    public ClassifierConfig build() {
      return new ClassifierConfig(features, classes, stack());
    }
  }
}
