/**
 * Counts, or times, what our kernels move against the fewest bytes they could. Start with {@link
 * dev.lockstep.profile.bench.KernelBench}; {@link dev.lockstep.profile.bench.RowCases} is the table
 * of what is measured, with its limits.
 */
@NullMarked
package dev.lockstep.profile.bench;

import org.jspecify.annotations.NullMarked;
