package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/**
 * Predicts the next token from a context of C tokens, whose embeddings lie side by side: a {@link
 * Model} whose input is I32 [B, C], with C·E numbers of a row going into its first linear layer.
 */
public final class LanguageModel extends Model {
  private final LanguageModelConfig config;

  /**
   * Plans and allocates the activations, with room for {@link #DEFAULT_HEAD_BYTES} of logits.
   *
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      boolean training,
      Stream stream) {
    this(config, ops, parameters, rows, training, DEFAULT_HEAD_BYTES, stream);
  }

  /**
   * A model for {@link ModelUse#TRAINING}, or else for {@link ModelUse#INFERENCE}.
   *
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      boolean training,
      long headBytes,
      Stream stream) {
    this(
        config,
        ops,
        parameters,
        rows,
        training ? ModelUse.TRAINING : ModelUse.INFERENCE,
        headBytes,
        stream);
  }

  /**
   * Plans and allocates the activations.
   *
   * @param parameters made of {@link LanguageModelConfig#specs}
   * @param rows predictions made at once, B
   * @param use whether {@link #backward} will be called; without it less memory is needed
   * @param headBytes what the logits may take: where those of all rows take more, they are computed
   *     for some rows at a time, and their gradient is used up with the loss
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      ModelUse use,
      long headBytes,
      Stream stream) {
    super(
        config,
        ops,
        parameters,
        rows,
        use,
        headBytes,
        plan -> new ContextEmbedding(config, ops, parameters, plan),
        stream);
    this.config = config;
  }

  @Override
  public LanguageModelConfig config() {
    return config;
  }

  /** I32 [B, C]: to be filled before {@link #forward}. */
  public Tensor ids() {
    return input();
  }
}
