package dev.lockstep.device;

/** A call to the device failed. The message names the call, the device's code and what it means. */
public class DeviceException extends RuntimeException {
  private final String call;
  private final int code;

  /**
   * A failure the driver gave a code for.
   *
   * @param call the function that failed, for example {@code cuMemAlloc}
   */
  public DeviceException(String call, int code, String message) {
    super(call + " failed with " + code + ": " + message);
    this.call = call;
    this.code = code;
  }

  /** A failure without a code of the driver's. */
  public DeviceException(String call, String message) {
    super(message);
    this.call = call;
    this.code = -1;
  }

  /** The same failure, as one of a kind. */
  DeviceException(DeviceException failure) {
    super(failure.getMessage(), failure);
    this.call = failure.call;
    this.code = failure.code;
  }

  /** The function that failed. */
  public String call() {
    return call;
  }

  /** The driver's code, or −1. */
  public int code() {
    return code;
  }
}
