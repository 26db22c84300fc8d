/**
 * Checked memory behind fake 64-bit addresses. Start with {@link
 * dev.lockstep.simulator.memory.GlobalMemory}; a {@link dev.lockstep.simulator.memory.Region} is
 * anything with bounds.
 */
@NullMarked
package dev.lockstep.simulator.memory;

import org.jspecify.annotations.NullMarked;
