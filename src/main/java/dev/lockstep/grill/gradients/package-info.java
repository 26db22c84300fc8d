/**
 * The questions on vanishing and exploding gradients: start with {@link
 * dev.lockstep.grill.gradients.GradientLabs}.
 */
@NullMarked
package dev.lockstep.grill.gradients;

import org.jspecify.annotations.NullMarked;
