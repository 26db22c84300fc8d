/** Generated code, piece by piece. */
@NullMarked
package dev.lockstep.simulator.jit;

import org.jspecify.annotations.NullMarked;
