package dev.lockstep.train.health;

import java.util.OptionalDouble;

/**
 * A parameter in one step.
 *
 * @param gradient of the mean loss, before clipping
 * @param weights before the update
 * @param update norm of what the step changed, as a share of the weights' norm; empty for vectors,
 *     which may start at 0, for weights that are all 0, and where nothing was changed
 */
public record ParameterHealth(
    String name, TensorHealth gradient, TensorHealth weights, OptionalDouble update) {}
