/**
 * The questions on multi-layer perceptrons: start with {@link dev.lockstep.grill.basics.BasicLabs}.
 */
@NullMarked
package dev.lockstep.grill.basics;

import org.jspecify.annotations.NullMarked;
