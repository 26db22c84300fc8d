/**
 * The questions on activations: start with {@link dev.lockstep.grill.activations.ActivationLabs}.
 */
@NullMarked
package dev.lockstep.grill.activations;

import org.jspecify.annotations.NullMarked;
