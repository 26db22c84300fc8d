/** The questions on activations. */
@NullMarked
package dev.lockstep.grill.activations;

import org.jspecify.annotations.NullMarked;
