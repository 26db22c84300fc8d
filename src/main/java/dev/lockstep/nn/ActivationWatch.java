package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activation;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Sees the activations of a forward pass in the order in which they come to be, each while its
 * memory still holds it. Whoever reads one queues that on the stream it is given.
 */
public interface ActivationWatch {
  /**
   * What one layer hands to the next.
   *
   * @param name of the layer, for example {@code blocks.0}
   * @param values [B, any]
   */
  void between(Stream stream, String name, Tensor values);

  /**
   * What lies inside a block, between its products.
   *
   * @param name for example {@code blocks.0.hidden}
   * @param h [B, H]: what the last product of the block reads
   * @param activation the block's
   * @param gate [B, H]: what the activation was applied to, where its result is multiplied by a
   *     second projection; null where its result is h itself
   */
  void inside(Stream stream, String name, Tensor h, Activation activation, @Nullable Tensor gate);

  /** Something that is never there as a whole. */
  void absent(String name);

  /** Looks at nothing. */
  ActivationWatch NONE =
      new ActivationWatch() {
        @Override
        public void between(Stream stream, String name, Tensor values) {}

        @Override
        public void inside(
            Stream stream, String name, Tensor h, Activation activation, @Nullable Tensor gate) {}

        @Override
        public void absent(String name) {}
      };
}
