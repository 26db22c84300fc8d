package dev.lockstep.ptx;

import org.jspecify.annotations.Nullable;

/**
 * A {@code .loc}: the line of the CUDA source an instruction came from.
 *
 * @param file index into {@link PtxModule#files}
 * @param inlinedAt the call this code was inlined into, or null
 */
public record SourceLocation(int file, int line, int column, @Nullable SourceLocation inlinedAt) {}
