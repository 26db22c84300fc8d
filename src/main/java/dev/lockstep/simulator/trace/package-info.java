/** Shows what one warp executes: {@link dev.lockstep.simulator.trace.Tracing}. */
@NullMarked
package dev.lockstep.simulator.trace;

import org.jspecify.annotations.NullMarked;
