package dev.lockstep.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of the C library. */
final class NativeHostBuffer implements HostBuffer {
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  NativeHostBuffer(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes " + bytes + " must not be negative");
    }
    memory = arena.allocate(bytes, ALIGNMENT);
  }

  @Override
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
