package dev.lockstep.device;

import java.util.List;

/**
 * What one launch did.
 *
 * @param kernel the entry point
 * @param grid blocks
 * @param block threads of a block
 * @param totals of the whole launch: the sum over {@code lines}
 * @param compulsoryLoadBytes 32 times the number of different 32-byte sectors of global memory that
 *     were read, atomics included: what had to be moved at least once, however large the caches
 * @param compulsoryStoreBytes likewise for what was written
 * @param lines what each instruction contributed, in the order of the PTX text
 */
public record LaunchCounts(
    String kernel,
    Dim3 grid,
    Dim3 block,
    Counts totals,
    long compulsoryLoadBytes,
    long compulsoryStoreBytes,
    List<LineCounts> lines) {}
