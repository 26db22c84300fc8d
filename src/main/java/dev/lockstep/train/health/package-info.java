/**
 * What the tensors of a training step look like, layer by layer, and what of it is a sign of
 * trouble. Start with {@link dev.lockstep.train.health.StepHealth}, the numbers of one step; {@link
 * dev.lockstep.train.health.HealthProbe} measures them, {@link
 * dev.lockstep.train.health.HealthRule} holds the bounds.
 */
@NullMarked
package dev.lockstep.train.health;

import org.jspecify.annotations.NullMarked;
