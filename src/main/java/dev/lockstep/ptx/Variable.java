package dev.lockstep.ptx;

import java.util.List;

/**
 * A variable in memory.
 *
 * @param alignment in bytes, a power of two
 * @param bytes its size; 0 for {@code extern .shared name[]}, which the launch sizes
 * @param initial its first bytes, the rest being zero
 */
public record Variable(
    String name,
    StateSpace space,
    ScalarType type,
    int alignment,
    long bytes,
    boolean external,
    List<Byte> initial) {}
