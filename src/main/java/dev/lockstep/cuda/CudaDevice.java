package dev.lockstep.cuda;

import static dev.lockstep.cuda.CudaErrors.check;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.Event;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;
import jcuda.driver.JCudaDriver;

/**
 * One GPU and its primary context. Any thread may use it: every call first makes the context
 * current on the thread it runs on, which costs some nanoseconds and is right on virtual threads
 * too, where a remembered answer would not be.
 */
final class CudaDevice implements Device {
  private final CudaSystem.Ready system;
  private final Handles.Context context = new Handles.Context();
  private volatile boolean closed;

  CudaDevice(CudaSystem.Ready system) {
    this.system = system;
    check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, system.gpu()));
  }

  @Override
  public DeviceInfo info() {
    return system.info();
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    makeCurrent();
    return new CudaBuffer(this, bytes);
  }

  @Override
  public KernelModule load(KernelImage image) {
    makeCurrent();
    return new CudaModule(this, image);
  }

  @Override
  public Stream newStream() {
    makeCurrent();
    return new CudaStream(this);
  }

  @Override
  public Event newEvent() {
    makeCurrent();
    return new CudaEvent(this);
  }

  /** Gives the context back; the driver then frees what was not closed before. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(system.gpu()));
    }
  }

  /** The driver functions that go without JCuda. */
  DriverCalls calls() {
    return system.calls();
  }

  /**
   * Prepares the calling thread for driver calls.
   *
   * @throws IllegalStateException after {@link #close}
   */
  void makeCurrent() {
    if (closed) {
      throw new IllegalStateException("the CUDA device is closed");
    }
    check("cuCtxSetCurrent", system.calls().setContext(context.address()));
  }

  /** As {@link #makeCurrent}, for giving things back; false when the context took them with it. */
  boolean makeCurrentToClose() {
    if (closed) {
      return false;
    }
    makeCurrent();
    return true;
  }
}
