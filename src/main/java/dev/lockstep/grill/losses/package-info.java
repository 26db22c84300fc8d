/** The questions on losses: start with {@link dev.lockstep.grill.losses.LossLabs}. */
@NullMarked
package dev.lockstep.grill.losses;

import org.jspecify.annotations.NullMarked;
