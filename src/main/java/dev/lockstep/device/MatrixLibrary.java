package dev.lockstep.device;

import dev.lockstep.device.DeviceProvider.Availability;

/**
 * The vendor's library of matrix products, to measure our own kernels by and to train without them.
 * Asked for as a {@linkplain Device#capability capability} of a device; the library itself may
 * still be missing.
 */
public interface MatrixLibrary {
  /** For example {@code cuBLAS}. */
  String name();

  /** Its version and where it was found, or why it cannot be used. */
  Availability availability();

  /**
   * Opens it; whoever does closes it, before the device.
   *
   * @throws DeviceException with the reason when it is not available
   */
  MatrixProducts open();
}
