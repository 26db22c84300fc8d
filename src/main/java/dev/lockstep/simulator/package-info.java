/**
 * A GPU on the CPU: executes the very PTX a GPU would get, checks every access and says where a
 * mistake was made. Start with {@link dev.lockstep.simulator.SimulatedDevice}; then {@code
 * lowering} (PTX to executable), {@code execution} (grid, block, warp), {@code op} (what
 * instructions do), {@code memory} and {@code intrinsic} (their arithmetic).
 */
@NullMarked
package dev.lockstep.simulator;

import org.jspecify.annotations.NullMarked;
