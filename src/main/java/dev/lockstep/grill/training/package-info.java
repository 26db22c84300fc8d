/**
 * The questions on the training loop: start with {@link dev.lockstep.grill.training.TrainingLabs}.
 */
@NullMarked
package dev.lockstep.grill.training;

import org.jspecify.annotations.NullMarked;
