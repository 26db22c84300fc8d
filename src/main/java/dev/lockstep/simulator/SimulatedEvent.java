package dev.lockstep.simulator;

import dev.lockstep.device.Event;

/** A moment of the host's clock: on the simulator, work is done when it is queued. */
final class SimulatedEvent implements Event {
  private long nanos;
  private boolean recorded;

  void record() {
    nanos = System.nanoTime();
    recorded = true;
  }

  @Override
  public double secondsSince(Event earlier) {
    if (!(earlier instanceof SimulatedEvent other)) {
      throw new IllegalArgumentException("the earlier event belongs to another device");
    }
    if (!recorded || !other.recorded) {
      throw new IllegalStateException("an event was never recorded");
    }
    return (nanos - other.nanos) * 1e-9;
  }

  @Override
  public void close() {}
}
