package dev.lockstep.nn;

import dev.lockstep.tensor.Shape;

/**
 * A parameter before it has memory.
 *
 * @param name unique in its model, for example {@code blocks.0.gate.weight}
 * @param kind what it is to the optimizer
 * @param initializer its values before the first step
 */
public record ParameterSpec(String name, Shape shape, Kind kind, Initializer initializer) {
  /**
   * What a parameter is to the optimizer. In memory parameters lie in the order of these constants,
   * so that all that share a weight decay are one contiguous range.
   */
  public enum Kind {
    /** The weight of a linear layer. */
    MATRIX,
    /** A table of vectors, of which a step touches some. */
    EMBEDDING,
    /** A bias, or the weight of a norm. */
    VECTOR
  }
}
