package dev.lockstep.nn;

import dev.lockstep.tensor.Tensor;

/**
 * A trainable tensor: views of the memory of its {@link Parameters}.
 *
 * @param spec its name, shape and kind
 * @param master the weights, f32: what the optimizer updates and a checkpoint stores
 * @param gradient f32; backward passes add to it
 * @param compute the weights in the type kernels compute with; the master itself where that is f32
 */
public record Parameter(ParameterSpec spec, Tensor master, Tensor gradient, Tensor compute) {
  /** Unique in its model, for example {@code blocks.0.gate.weight}. */
  public String name() {
    return spec.name();
  }
}
