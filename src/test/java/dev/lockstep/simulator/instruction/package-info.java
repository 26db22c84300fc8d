/**
 * One small PTX file per instruction form, in {@code src/test/resources/ptx}, with its cases in its
 * own header. Start with {@link dev.lockstep.simulator.instruction.InstructionTests}.
 */
@NullMarked
package dev.lockstep.simulator.instruction;

import org.jspecify.annotations.NullMarked;
