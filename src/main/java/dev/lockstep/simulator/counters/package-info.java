/**
 * Counts what kernels do. Start with {@link dev.lockstep.simulator.counters.CountingInstrument},
 * which puts counting ops into a kernel while it is lowered: one for each straight stretch of code,
 * from whose executions follow those of all its instructions, and one for each access to memory.
 * Each worker adds up in a {@link dev.lockstep.simulator.counters.KernelTally} of its own; {@link
 * dev.lockstep.simulator.counters.CountedKernel} makes the report.
 */
@NullMarked
package dev.lockstep.simulator.counters;

import org.jspecify.annotations.NullMarked;
