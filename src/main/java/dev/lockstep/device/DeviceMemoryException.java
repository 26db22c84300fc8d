package dev.lockstep.device;

/** The device has not enough memory. The message says what was asked for and what is free. */
public final class DeviceMemoryException extends DeviceException {
  /** As the driver says it. */
  public DeviceMemoryException(String call, int code, String message) {
    super(call, code, message);
  }

  /** Without a code of a driver's. */
  public DeviceMemoryException(String call, String message) {
    super(call, message);
  }
}
