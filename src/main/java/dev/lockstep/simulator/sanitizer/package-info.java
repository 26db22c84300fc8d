/**
 * Finds the memory mistakes that a GPU would not report: reads of what nobody wrote, races in
 * shared memory, asynchronous copies not waited for. Start with {@link
 * dev.lockstep.simulator.sanitizer.KernelSanitizer}, which puts checks around the ops of a kernel
 * while it is lowered; {@link dev.lockstep.simulator.sanitizer.BlockShadow} is what is remembered
 * while a block runs: {@link dev.lockstep.simulator.sanitizer.Clocks} who has met whom, {@link
 * dev.lockstep.simulator.sanitizer.SharedShadow} who last touched what, {@link
 * dev.lockstep.simulator.sanitizer.UnsetBits} what in registers has no value yet.
 *
 * <p>What counts as a race in shared memory: two threads of a block access one byte, one at least
 * writes, not both by atomic (or {@code .relaxed}, {@code .acquire}, {@code .release}) operations,
 * and neither a barrier that both take part in nor, within a warp, a {@code .sync} operation that
 * names both lanes comes between. {@code .volatile} excuses nothing but an atomic operation on the
 * other side, as since Volta a warp's lanes need not run in step; and flags, which one thread
 * raises by a volatile store behind a fence, for other warps that wait for it by volatile loads.
 * Stores of the value already there, by the same instruction as the store before, are no race: so
 * blocks raise flags.
 */
@NullMarked
package dev.lockstep.simulator.sanitizer;

import org.jspecify.annotations.NullMarked;
