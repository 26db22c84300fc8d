package dev.lockstep.cuda;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A CUDA stream that does not wait for the legacy default stream. One thread at a time may queue
 * work on it: launches share one small native block.
 */
final class CudaStream implements Stream {
  private final CudaDevice device;
  private final Handles.Queue queue = new Handles.Queue();
  private final Arena arena = Arena.ofShared();
  private final ExtraBlock extra = new ExtraBlock(arena);
  private final RecentKernels recent = new RecentKernels();
  private boolean closed;

  CudaStream(CudaDevice device) {
    this.device = device;
    device.check(
        "cuStreamCreate", JCudaDriver.cuStreamCreate(queue, CUstream_flags.CU_STREAM_NON_BLOCKING));
  }

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    begin();
    CUdeviceptr place = CudaBuffer.at(device, target, offset, source.byteSize());
    Handles.Host host = host(source);
    if (source.byteSize() > 0) {
      check(
          "cuMemcpyHtoDAsync",
          JCudaDriver.cuMemcpyHtoDAsync(place, host, source.byteSize(), queue));
    }
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    begin();
    CUdeviceptr place = CudaBuffer.at(device, source, offset, target.byteSize());
    Handles.Host host = host(target);
    if (target.byteSize() > 0) {
      check(
          "cuMemcpyDtoHAsync",
          JCudaDriver.cuMemcpyDtoHAsync(host, place, target.byteSize(), queue));
    }
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    begin();
    CUdeviceptr to = CudaBuffer.at(device, target, targetOffset, bytes);
    CUdeviceptr from = CudaBuffer.at(device, source, sourceOffset, bytes);
    if (target == source && Math.abs(targetOffset - sourceOffset) < bytes) {
      throw new IllegalArgumentException(
          "%d bytes at %d and at %d overlap".formatted(bytes, sourceOffset, targetOffset));
    }
    if (bytes > 0) {
      check("cuMemcpyDtoDAsync", JCudaDriver.cuMemcpyDtoDAsync(to, from, bytes, queue));
    }
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    begin();
    CUdeviceptr place = CudaBuffer.at(device, target, offset, bytes);
    if (bytes > 0) {
      check("cuMemsetD8Async", JCudaDriver.cuMemsetD8Async(place, value, bytes, queue));
    }
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    begin();
    if (!(kernel instanceof CudaKernel own) || own.device() != device) {
      throw new IllegalArgumentException(kernel.name() + " belongs to another device");
    }
    MemorySegment block = args.block();
    if (block.byteSize() != own.parameterBytes()) {
      throw new IllegalArgumentException(
          "%s takes %d bytes of arguments, got %d"
              .formatted(own.name(), own.parameterBytes(), block.byteSize()));
    }
    own.allowShared(launch.sharedBytes());
    int code =
        device
            .calls()
            .launchKernel(
                own.address(),
                launch.grid().x(),
                launch.grid().y(),
                launch.grid().z(),
                launch.block().x(),
                launch.block().y(),
                launch.block().z(),
                launch.sharedBytes(),
                queue.address(),
                extra.pointTo(block));
    if (code != CUresult.CUDA_SUCCESS) {
      check("cuLaunchKernel", code, "; " + own.name() + " " + launch);
    }
    recent.add(own.name());
  }

  @Override
  public void record(Event event) {
    begin();
    if (!(event instanceof CudaEvent own)) {
      throw new IllegalArgumentException("the event belongs to another device");
    }
    own.record(queue);
  }

  @Override
  public void synchronize() {
    begin();
    check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(queue));
    recent.clear();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      device.forget(this);
      try (arena) {
        if (device.makeCurrentToClose()) {
          device.checkReturned("cuStreamDestroy", JCudaDriver.cuStreamDestroy(queue));
        }
      }
    }
  }

  @Override
  public String toString() {
    return "a stream";
  }

  private void check(String call, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      check(call, code, "");
    }
  }

  /** What a kernel did wrong is learnt from a later call, whichever that is. */
  private void check(String call, int code, String detail) {
    device.check(
        call, code, () -> detail + (CudaErrors.breaksContext(code) ? recent.toString() : ""));
  }

  private void begin() {
    if (closed) {
      throw new IllegalStateException("the stream is closed");
    }
    device.makeCurrent();
  }

  private static Handles.Host host(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("host data must be native memory, not a Java array");
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the host memory was already freed");
    }
    return new Handles.Host(segment);
  }
}
