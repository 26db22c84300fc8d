package dev.lockstep.cuda;

/** Something of the driver's that is given back once, and not used after. */
abstract class CudaResource implements AutoCloseable {
  private final CudaDevice device;
  private boolean closed;

  CudaResource(CudaDevice device) {
    this.device = device;
  }

  final CudaDevice device() {
    return device;
  }

  /** What it is, for people: {@code the event}. */
  abstract String what();

  /** Gives it back to the driver; the device has made its context current. */
  abstract void giveBack();

  /**
   * For every use.
   *
   * @throws IllegalStateException when it has been closed
   */
  final void requireOpen() {
    if (closed) {
      throw new IllegalStateException(what() + " is closed");
    }
  }

  @Override
  public final synchronized void close() {
    if (!closed) {
      device.forget(this);
      closed = true;
      if (device.makeCurrentToClose()) {
        giveBack();
      }
    }
  }
}
