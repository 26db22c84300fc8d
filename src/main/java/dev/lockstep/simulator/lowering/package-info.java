/**
 * From PTX records to something that runs. Start with {@link
 * dev.lockstep.simulator.lowering.KernelCompiler#compile}, whose lines are the passes in order; the
 * {@code …Decoder} classes turn one family of instructions each into {@link
 * dev.lockstep.simulator.execution.Op}s. What no decoder knows is refused here, before anything
 * runs.
 */
@NullMarked
package dev.lockstep.simulator.lowering;

import org.jspecify.annotations.NullMarked;
