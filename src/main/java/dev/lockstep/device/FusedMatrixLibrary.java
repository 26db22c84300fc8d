package dev.lockstep.device;

import dev.lockstep.device.DeviceProvider.Availability;

/**
 * The vendor's library of matrix products with something after them in the same launch, to measure
 * our own by. Asked for as a {@linkplain Device#capability capability} of a device; the library
 * itself may still be missing.
 */
public interface FusedMatrixLibrary {
  /** For example {@code cublasLt}. */
  String name();

  /** Its version and where it was found, or why it cannot be used. */
  Availability availability();

  /**
   * Opens it; whoever does closes it, before the device.
   *
   * @throws DeviceException with the reason when it is not available
   */
  FusedProducts open();
}
