/**
 * Networks of a size that trains in a second on the double-precision reference, for experiments.
 * Start with {@link dev.lockstep.grill.toy.Mlp} and {@link dev.lockstep.grill.toy.Training}.
 */
@NullMarked
package dev.lockstep.grill.toy;

import org.jspecify.annotations.NullMarked;
