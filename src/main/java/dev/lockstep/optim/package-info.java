/**
 * What turns gradients into better weights. Start with {@link dev.lockstep.optim.AdamW}; {@link
 * dev.lockstep.optim.LearningRateSchedule} says how far each step goes.
 */
@NullMarked
package dev.lockstep.optim;

import org.jspecify.annotations.NullMarked;
