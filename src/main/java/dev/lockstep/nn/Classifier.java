package dev.lockstep.nn;

import dev.lockstep.device.Stream;

/**
 * Says which of V classes a row is of, from F numbers that describe it: a {@link Model} whose input
 * is f32 [B, F].
 */
public final class Classifier extends Model {
  private final ClassifierConfig config;

  /**
   * Plans and allocates the activations; the logits, few in a row, are always kept.
   *
   * @param parameters made of {@link ClassifierConfig#specs}
   * @param rows predictions made at once, B
   * @param use whether {@link #backward} will be called; without it less memory is needed
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public Classifier(
      ClassifierConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      ModelUse use,
      Stream stream) {
    super(
        config,
        ops,
        parameters,
        rows,
        use,
        Long.MAX_VALUE,
        plan -> new Features(config, ops, plan),
        stream);
    this.config = config;
  }

  @Override
  public ClassifierConfig config() {
    return config;
  }
}
