package dev.lockstep.device;

/**
 * Offers one kind of device; found by {@link java.util.ServiceLoader}. A provider that cannot run
 * says why instead of failing; a defect of ours (a class missing from our own jar) is thrown.
 */
public interface DeviceProvider {
  /** The name on the command line: {@code cuda}, {@code sim}. */
  String name();

  /** Larger is preferred by {@code auto}. */
  int preference();

  /** Whether {@code auto} may take it; what is made for tests wants to be asked for by name. */
  default boolean automatic() {
    return true;
  }

  /** Whether it can run here; probed once. */
  Availability availability();

  /**
   * Opens the device.
   *
   * @throws DeviceException when it is unavailable, with the reason
   * @throws IllegalArgumentException naming an option it does not know
   */
  Device open(DeviceOptions options);

  /**
   * The answer to "can it run here?".
   *
   * @param reason one line for people: what was found, or what is missing
   */
  record Availability(boolean available, String reason) {}
}
