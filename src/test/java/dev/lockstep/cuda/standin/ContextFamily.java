package dev.lockstep.cuda.standin;

import java.lang.foreign.MemorySegment;
import java.util.Deque;
import jcuda.driver.CUresult;

/** Contexts of one's own, the primary one, and which is current on the calling thread. */
final class ContextFamily {
  private final DriverState state;
  private long primary;
  private int retained;

  ContextFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuDevicePrimaryCtxRetain")
  synchronized int retain(MemorySegment context, int device) {
    requireDevice(device);
    if (retained == 0) {
      primary = state.contexts.add(new StandInContext(state.gpu));
    }
    retained++;
    Host.set(context, primary);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDevicePrimaryCtxRelease_v2")
  synchronized int release(int device) {
    requireDevice(device);
    if (retained == 0) {
      return CUresult.CUDA_ERROR_INVALID_CONTEXT;
    }
    retained--;
    if (retained == 0) {
      state.destroy(primary);
    }
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDevicePrimaryCtxGetState")
  synchronized int primaryState(int device, MemorySegment flags, MemorySegment active) {
    requireDevice(device);
    Host.set(flags, 0);
    Host.set(active, retained > 0 ? 1 : 0);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxCreate_v2")
  int create(MemorySegment context, int flags, int device) {
    requireDevice(device);
    long handle = state.contexts.add(new StandInContext(state.gpu));
    state.stack().push(handle);
    Host.set(context, handle);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxDestroy_v2")
  int destroy(long context) {
    state.destroy(context);
    Deque<Long> stack = state.stack();
    if (!stack.isEmpty() && stack.peek() == context) {
      stack.pop();
    }
    return CUresult.CUDA_SUCCESS;
  }

  /** Replaces the top of the thread's stack; 0 takes it away. */
  @Export("cuCtxSetCurrent")
  int setCurrent(long context) {
    Deque<Long> stack = state.stack();
    if (context != 0) {
      state.contexts.get(context);
    }
    stack.poll();
    if (context != 0) {
      stack.push(context);
    }
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxGetCurrent")
  int getCurrent(MemorySegment context) {
    Long top = state.stack().peek();
    Host.set(context, top == null ? 0L : top.longValue());
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxPushCurrent_v2")
  int push(long context) {
    state.contexts.get(context);
    state.stack().push(context);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxPopCurrent_v2")
  int pop(MemorySegment context) {
    Long top = state.stack().poll();
    if (top == null) {
      return CUresult.CUDA_ERROR_INVALID_CONTEXT;
    }
    Host.setIfAsked(context, top);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxGetDevice")
  int device(MemorySegment device) {
    state.current();
    Host.set(device, 0);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuCtxSynchronize")
  int synchronize() {
    state.current().defaultStream.requireNoCapture();
    return CUresult.CUDA_SUCCESS;
  }

  private void requireDevice(int ordinal) {
    state.requireInitialised();
    if (ordinal != 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_DEVICE);
    }
  }
}
