package dev.lockstep.device;

/**
 * Memory on a device. Whoever allocated it closes it; closing twice is harmless, use after close is
 * refused.
 */
public interface DeviceBuffer extends AutoCloseable {
  /**
   * The address kernels see, at least 256-byte aligned.
   *
   * @throws IllegalStateException after {@link #close}
   */
  long address();

  /** Size in bytes. */
  long bytes();

  @Override
  void close();
}
