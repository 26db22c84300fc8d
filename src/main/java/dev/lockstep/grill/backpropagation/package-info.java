/**
 * The questions on backpropagation: start with {@link
 * dev.lockstep.grill.backpropagation.BackpropagationLabs}.
 */
@NullMarked
package dev.lockstep.grill.backpropagation;

import org.jspecify.annotations.NullMarked;
