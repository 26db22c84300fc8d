package dev.lockstep.nn;

import dev.lockstep.device.Stream;

/**
 * Says which of V classes a row is of, from F numbers that describe it: a {@link Model} whose input
 * is f32 [B, F].
 */
public final class Classifier extends Model {
  private final ClassifierConfig config;

  /**
   * Plans and allocates the activations.
   *
   * @param parameters made of {@link ClassifierConfig#specs}
   * @param rows predictions made at once, B
   * @param use whether {@link #backward} will be called; without it less memory is needed
   * @param headBytes what the logits may take: where those of all rows take more, they are computed
   *     for some rows at a time, and are never there all at once
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public Classifier(
      ClassifierConfig config,
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
        plan -> new Features(config, ops, plan),
        stream);
    this.config = config;
  }

  @Override
  public ClassifierConfig config() {
    return config;
  }
}
