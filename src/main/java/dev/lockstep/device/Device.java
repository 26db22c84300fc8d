package dev.lockstep.device;

import java.util.Optional;

/**
 * A GPU, real or simulated: memory, kernels, streams. Nothing above this package knows which one it
 * has; what only some devices offer is asked for as a {@link #capability}.
 */
public interface Device extends AutoCloseable {
  DeviceInfo info();

  /**
   * Uninitialised device memory.
   *
   * @throws IllegalArgumentException when {@code bytes} is negative; zero is allowed
   * @throws DeviceException when there is not enough
   */
  DeviceBuffer allocate(long bytes);

  /**
   * Host memory to copy from and to, zeroed.
   *
   * @throws IllegalArgumentException when {@code bytes} is negative; zero is allowed
   * @throws DeviceException when there is not enough
   */
  default HostBuffer allocateHost(long bytes) {
    return new NativeHostBuffer(bytes);
  }

  /**
   * Loads kernels.
   *
   * @throws DeviceException when the device refuses the code
   */
  KernelModule load(KernelImage image);

  Stream newStream();

  Event newEvent();

  /** What this device offers beyond the rest, if it does: ask by the interface's class. */
  default <T> Optional<T> capability(Class<T> type) {
    return Optional.empty();
  }

  @Override
  void close();
}
