package dev.lockstep.device;

import java.util.List;

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
   * What it needs on this machine, part by part: drivers, libraries and the devices themselves.
   * Libraries are looked for once in a process.
   */
  default List<Part> parts() {
    return List.of();
  }

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

  /**
   * One of the things a device needs, or can use.
   *
   * @param name for people, for example {@code cuBLAS}
   * @param usable whether it is there and is used
   * @param answer one line for people: what was found and where, or what is missing
   */
  record Part(String name, boolean usable, String answer) {}
}
