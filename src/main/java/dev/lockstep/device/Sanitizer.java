package dev.lockstep.device;

import java.util.List;

/**
 * What a device that looks for memory mistakes offers beside the {@link DeviceFault}s it throws:
 * see {@link DeviceOptions#sanitize}. Asked for as a {@link Device#capability}.
 */
public interface Sanitizer {
  /**
   * A buffer nobody closed, or memory that a kernel took with {@code malloc} and none freed.
   *
   * @param allocatedAt the frames of the call that allocated it, innermost first; or the thread
   *     that took it
   */
  record Leak(long bytes, List<String> allocatedAt) {
    /** Takes copies. */
    public Leak {
      allocatedAt = List.copyOf(allocatedAt);
    }

    @Override
    public String toString() {
      return bytes + " bytes allocated at " + String.join(" from ", allocatedAt);
    }
  }

  /**
   * What is allocated, buffers before memory of kernels, oldest first; once the device was closed,
   * what was allocated then.
   */
  List<Leak> leaks();

  /**
   * Declares bytes of a buffer initialised, which otherwise only host copies, fills and stores of
   * kernels do.
   *
   * @throws IllegalArgumentException when the range does not fit the buffer, or the buffer belongs
   *     to another device
   */
  void markInitialized(DeviceBuffer buffer, long offset, long bytes);
}
