package dev.lockstep.cuda;

import dev.lockstep.device.HostBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUresult;

/**
 * Pinned host memory, which the GPU copies from and to by itself while the host goes on. The
 * driver's, so the driver frees it: no access through the segment outlives that.
 */
final class CudaHostBuffer implements HostBuffer {
  private final CudaDevice device;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private boolean closed;

  /** The device has made its context current. */
  CudaHostBuffer(CudaDevice device, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes " + bytes + " must not be negative");
    }
    this.device = device;
    MemorySegment address = arena.allocate(ValueLayout.JAVA_LONG);
    // The driver refuses to allocate nothing.
    int code = device.calls().allocateHost(address, Math.max(bytes, 1));
    if (code != CUresult.CUDA_SUCCESS) {
      arena.close();
      device.check("cuMemHostAlloc", code, () -> " for " + bytes + " bytes of pinned host memory");
    }
    memory =
        MemorySegment.ofAddress(address.get(ValueLayout.JAVA_LONG, 0))
            .reinterpret(bytes, arena, null)
            .fill((byte) 0);
  }

  @Override
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      device.forget(this);
      closed = true;
      arena.close();
      if (device.makeCurrentToClose()) {
        device.checkReturned("cuMemFreeHost", device.calls().freeHost(memory.address()));
      }
    }
  }

  @Override
  public String toString() {
    return "a pinned host buffer of " + memory.byteSize() + " bytes";
  }
}
