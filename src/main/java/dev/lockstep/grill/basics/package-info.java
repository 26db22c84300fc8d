/** The questions on multi-layer perceptrons. */
@NullMarked
package dev.lockstep.grill.basics;

import org.jspecify.annotations.NullMarked;
