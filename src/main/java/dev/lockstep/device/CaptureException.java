package dev.lockstep.device;

/** The device does not record this work as a graph; it may well do it unrecorded. */
public final class CaptureException extends DeviceException {
  /** Of the call that was refused while the work was recorded. */
  public CaptureException(DeviceException refused) {
    super(refused);
  }
}
