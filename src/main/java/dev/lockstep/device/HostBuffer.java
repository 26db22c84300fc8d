package dev.lockstep.device;

import java.lang.foreign.MemorySegment;

/**
 * Host memory that copies to and from a device go fastest with: pinned where there is a GPU, plain
 * native memory on a simulator. Whoever allocated it closes it, when no copy is under way any more;
 * closing twice is harmless.
 */
public interface HostBuffer extends AutoCloseable {
  /** All of it, aligned to at least 64 bytes; after {@link #close} an access is refused. */
  MemorySegment memory();

  @Override
  void close();
}
