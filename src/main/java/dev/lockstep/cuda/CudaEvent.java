package dev.lockstep.cuda;

import dev.lockstep.device.Event;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** An event that keeps the time; the driver resolves about half a microsecond. */
final class CudaEvent extends CudaResource implements Event {
  private final Handles.Moment event = new Handles.Moment();
  private volatile boolean recorded;

  CudaEvent(CudaDevice device) {
    super(device);
    device()
        .check("cuEventCreate", JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT));
  }

  /** Called by the stream, which has made the context current. */
  void record(long queue) {
    requireOpen();
    device().check("cuEventRecord", device().calls().recordEvent(event.address(), queue));
    recorded = true;
  }

  /** The {@code CUevent}. */
  long address() {
    requireOpen();
    return event.address();
  }

  @Override
  public double secondsSince(Event earlier) {
    if (!(earlier instanceof CudaEvent start) || start.device() != device()) {
      throw new IllegalArgumentException("the earlier event belongs to another device");
    }
    start.await("the earlier event");
    await("this event");
    float[] milliseconds = new float[1];
    device()
        .check(
            "cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(milliseconds, start.event, event));
    return milliseconds[0] / 1e3;
  }

  @Override
  void giveBack() {
    device().checkReturned("cuEventDestroy", JCudaDriver.cuEventDestroy(event));
  }

  @Override
  String what() {
    return "the event";
  }

  @Override
  public String toString() {
    return "an event";
  }

  private void await(String which) {
    requireOpen();
    if (!recorded) {
      throw new IllegalStateException(which + " was never recorded");
    }
    device().makeCurrent();
    device().check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(event));
  }
}
