package dev.lockstep.device;

/** A place in a stream's queue, and the time at which the device got there. */
public interface Event extends AutoCloseable {
  /**
   * Seconds of device time between {@code earlier} and this event; waits for both.
   *
   * @throws IllegalStateException when either was never recorded
   */
  double secondsSince(Event earlier);

  @Override
  void close();
}
