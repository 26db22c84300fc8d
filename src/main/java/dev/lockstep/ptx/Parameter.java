package dev.lockstep.ptx;

/**
 * A kernel parameter.
 *
 * @param offset where it lies in the parameter block
 * @param bytes its size: that of {@code type}, or of the whole array
 */
public record Parameter(String name, ScalarType type, int offset, int bytes) {}
