package dev.lockstep.cuda.standin;

import dev.lockstep.device.DeviceBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUresult;

/** Device memory and pinned host memory. */
final class MemoryFamily {
  private static final long PITCH = 512;

  /** What pinned memory holds at first: nobody promises zeroes. */
  private static final byte POISON = -1;

  private final DriverState state;
  private final Set<Long> registered = ConcurrentHashMap.newKeySet();

  MemoryFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuMemAlloc_v2")
  int allocate(MemorySegment address, long bytes) {
    Host.set(address, state.currentOutsideCapture().allocate(bytes));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemAllocAsync")
  int allocateAsync(MemorySegment address, long bytes, long stream) {
    Host.set(address, state.stream(stream).context.allocate(bytes));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemAllocPitch_v2")
  int allocatePitch(
      MemorySegment address, MemorySegment pitch, long width, long height, int element) {
    if (element != 4 && element != 8 && element != 16) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    long row = (width + PITCH - 1) & -PITCH;
    Host.set(address, state.currentOutsideCapture().allocate(Math.multiplyExact(row, height)));
    Host.set(pitch, row);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemFree_v2")
  int free(long address) {
    StandInContext context = state.currentOutsideCapture();
    if (address != 0) {
      context.free(address);
    }
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemFreeAsync")
  int freeAsync(long address, long stream) {
    state.stream(stream).context.free(address);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemGetInfo_v2")
  int info(MemorySegment free, MemorySegment total) {
    state.current();
    long all = state.gpu.model().memoryBytes();
    Host.set(free, all - state.gpu.allocatedBytes());
    Host.set(total, all);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemGetAddressRange_v2")
  int range(MemorySegment base, MemorySegment bytes, long address) {
    DeviceBuffer buffer = state.current().allocation(address);
    if (buffer == null) {
      return CUresult.CUDA_ERROR_NOT_FOUND;
    }
    Host.setIfAsked(base, buffer.address());
    Host.setIfAsked(bytes, buffer.bytes());
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemHostAlloc")
  int pin(MemorySegment address, long bytes, int flags) {
    StandInContext context = state.currentOutsideCapture();
    if (bytes <= 0) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    Arena arena = Arena.ofShared();
    long start = arena.allocate(bytes, 4096).fill(POISON).address();
    state.pinned.put(start, new DriverState.Pinned(context, arena));
    Host.set(address, start);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemAllocHost_v2")
  int pinPlain(MemorySegment address, long bytes) {
    return pin(address, bytes, 0);
  }

  @Export("cuMemFreeHost")
  int unpin(long address) {
    state.currentOutsideCapture();
    DriverState.Pinned memory = state.pinned.remove(address);
    if (memory == null) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    memory.arena().close();
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemHostRegister_v2")
  int register(long address, long bytes, int flags) {
    state.currentOutsideCapture();
    if (address == 0 || bytes <= 0) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    return registered.add(address)
        ? CUresult.CUDA_SUCCESS
        : CUresult.CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  }

  @Export("cuMemHostUnregister")
  int unregister(long address) {
    state.currentOutsideCapture();
    return registered.remove(address)
        ? CUresult.CUDA_SUCCESS
        : CUresult.CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  }
}
