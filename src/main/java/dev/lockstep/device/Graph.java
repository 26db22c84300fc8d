package dev.lockstep.device;

/**
 * Work a device recorded, repeated by {@link Stream#launch(Graph)} in the order in which it was
 * captured. Whoever captured it closes it; closing twice is harmless.
 */
public interface Graph extends AutoCloseable {
  @Override
  void close();
}
