package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import java.util.List;
import java.util.Map;

/** The shape of a {@link Model}: its input, the blocks that all models have, and its head. */
public sealed interface ModelConfig permits LanguageModelConfig, ClassifierConfig {
  /** The blocks. */
  StackConfig stack();

  /** What a row's input takes in 32-bit words: token ids, or numbers. */
  int inputWords();

  /** Width of what the first linear layer reads. */
  long inputWidth();

  /** Whether the input has parameters of its own, and so a gradient. */
  boolean trainsInput();

  /** What is chosen from: the width of the logits. */
  int outputs();

  /** Whether the head has a bias. */
  boolean headBias();

  /** Every knob by name, in order: what is printed, and stored with a checkpoint. */
  Map<String, String> describe();

  /**
   * The model with room for so many rows.
   *
   * @param parameters made of {@link #specs}
   * @param rows predictions made at once
   * @param headBytes what the logits may take
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  Model create(
      OpSet ops, Parameters parameters, int rows, ModelUse use, long headBytes, Stream stream);

  default int width() {
    return stack().width();
  }

  default int hidden() {
    return stack().hidden();
  }

  default int blocks() {
    return stack().blocks();
  }

  default NormKind norm() {
    return stack().norm();
  }

  default FeedForwardKind feedForward() {
    return stack().feedForward();
  }

  default boolean feedForwardBias() {
    return stack().feedForwardBias();
  }

  default double normEpsilon() {
    return stack().normEpsilon();
  }

  default NormPlacement normPlacement() {
    return stack().normPlacement();
  }

  default Initialization initialization() {
    return stack().initialization();
  }

  default double dropout() {
    return stack().dropout();
  }

  /** All parameters, in the order in which the forward pass meets them. */
  default List<ParameterSpec> specs() {
    return ModelParameters.specs(this);
  }

  /** Number of trainable parameters. */
  default long parameterCount() {
    return specs().stream().mapToLong(p -> p.shape().count()).sum();
  }

  /**
   * Floating-point operations of all matrix products in one training step over {@code rows} rows:
   * two for each weight and row in the forward pass, and twice as many again in the backward pass,
   * which multiplies once for the input's gradient, where there is one, and once for the weight's.
   */
  default long flopsPerStep(long rows) {
    long first = inputWidth() * width();
    long others = stack().matrixWeights() + (long) width() * outputs();
    return ((trainsInput() ? 6 : 4) * first + 6 * others) * rows;
  }

  /**
   * Floating-point operations that {@link ModelUse#RECOMPUTING} adds to them: one product of each
   * block that is not gated.
   */
  default long recomputedFlopsPerStep(long rows) {
    return feedForward().gated() ? 0 : 2L * blocks() * width() * hidden() * rows;
  }
}
