/**
 * The second tier of the simulator: hot pieces of kernels as generated classes. Start with {@link
 * dev.lockstep.simulator.jit.SegmentCompiler}; {@link dev.lockstep.simulator.jit.Forms} is what it
 * translates, {@link dev.lockstep.simulator.jit.LaneLoop} how. The interpreter remains the
 * reference: whatever is not translated is executed by it, and results never differ.
 */
@NullMarked
package dev.lockstep.simulator.jit;

import org.jspecify.annotations.NullMarked;
