/**
 * Random programs, executed by both tiers of the simulator and by a plain evaluator that takes one
 * thread at a time and knows nothing of warps, registers in arrays or generated code. Start with
 * {@link dev.lockstep.simulator.random.RandomProgramTests}.
 */
@NullMarked
package dev.lockstep.simulator.random;

import org.jspecify.annotations.NullMarked;
