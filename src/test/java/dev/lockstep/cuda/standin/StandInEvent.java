package dev.lockstep.cuda.standin;

import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;

/** A place in a queue and the host's time when it was reached. */
final class StandInEvent {
  final StandInContext context;
  private final int flags;
  private volatile boolean recorded;
  private volatile long nanos;

  StandInEvent(StandInContext context, int flags) {
    this.context = context;
    this.flags = flags;
  }

  void record() {
    nanos = System.nanoTime();
    recorded = true;
  }

  float millisecondsSince(StandInEvent earlier) {
    requireTime();
    earlier.requireTime();
    return (nanos - earlier.nanos) / 1e6f;
  }

  private void requireTime() {
    if (!recorded || (flags & CUevent_flags.CU_EVENT_DISABLE_TIMING) != 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_HANDLE);
    }
  }
}
