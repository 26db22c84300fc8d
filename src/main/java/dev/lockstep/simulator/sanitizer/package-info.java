/**
 * Finds the memory mistakes that a GPU would not report: reads of what nobody wrote, races in
 * shared memory, asynchronous copies not waited for. Start with {@link
 * dev.lockstep.simulator.sanitizer.KernelSanitizer}, which puts checks around the ops of a kernel
 * while it is lowered; {@link dev.lockstep.simulator.sanitizer.BlockShadow} is what is remembered
 * while a block runs: {@link dev.lockstep.simulator.sanitizer.Clocks} who has met whom, {@link
 * dev.lockstep.simulator.sanitizer.SharedShadow} who last touched what, {@link
 * dev.lockstep.simulator.sanitizer.UnsetBits} what in registers has no value yet.
 *
 * <p>To read what nobody wrote is no mistake yet: kernels load, compare and multiply what lies
 * beyond their data and let the result lie, and compilers copy the padding of structures. So a warp
 * that reads such bytes goes on in a second copy of the code, which {@link
 * dev.lockstep.simulator.sanitizer.Following} makes: there every op also tells which bits of its
 * result have no value ({@link dev.lockstep.simulator.sanitizer.BitRules}), through registers,
 * lanes, matrices and shared and local memory. Other warps, and nearly all kernels, never pay for
 * it. Reported is what is used ({@link dev.lockstep.simulator.sanitizer.Use}): branched on, made an
 * address, passed to an atomic operation or to the system, or stored to global memory, unless that
 * copies a structure with its padding. The report names the read that found no value, and the use.
 * What the host reads back is not looked at: nobody can tell padding from a hole there. Bits are
 * followed, not formulas: what is made of {@code x + u - u} lacks a value where {@code u} does, and
 * a branch on what has none is reported though both ways may come to the same. Kernels that do so
 * on purpose exist (CUB's segmented radix sort, thrust's set operations). NVIDIA's initcheck looks
 * at loads from global memory alone.
 *
 * <p>What counts as a race in shared memory: two threads of a block access one byte, one at least
 * writes, not both by strong operations, and neither a barrier that both take part in nor, within a
 * warp, a {@code .sync} operation that names both lanes comes between. Strong are atomic
 * operations, {@code .relaxed}, {@code .acquire}, {@code .release}, and {@code .volatile}, which
 * the PTX ISA treats like {@code .relaxed}. No race is what it calls no data race, but for one
 * thing: volatile stores and loads alone make nothing sure of what is read. So what one warp's
 * lanes pass each other that way, as was right while they ran in step, before Volta, is reported,
 * like any volatile data that threads exchange without a barrier; flags are not: what a thread
 * waits for in a loop ({@link dev.lockstep.simulator.sanitizer.Polling}), or raises for another
 * warp behind a fence. Stores of the value already there, by the same instruction as the store
 * before, are no race: so blocks raise flags. Nor is it one that a thread reads what it and others
 * stored alike: so every thread sets for itself what all share.
 */
@NullMarked
package dev.lockstep.simulator.sanitizer;

import org.jspecify.annotations.NullMarked;
