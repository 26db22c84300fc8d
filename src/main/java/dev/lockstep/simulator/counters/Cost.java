package dev.lockstep.simulator.counters;

/**
 * What one access costs.
 *
 * @param amounts to be added to the access's counters, in their order
 * @param runs for global memory, the sectors touched: pairs of a sector, counted from the line of
 *     the first address, and a number of neighbours; otherwise empty
 */
@SuppressWarnings("ArrayRecordComponent") // Read for every access executed, never compared.
record Cost(long[] amounts, int[] runs) {}
