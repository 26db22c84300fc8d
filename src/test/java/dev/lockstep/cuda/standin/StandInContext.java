package dev.lockstep.cuda.standin;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;

/** A CUDA context: its memory, and the fault that broke it if one did. */
final class StandInContext {
  /** Larger memory is left at the zeroes it has: not all of it may exist. */
  private static final long MAX_POISONED_BYTES = 64L << 20;

  private static final byte POISON = -1;

  final StandInGpu gpu;
  final StandInStream defaultStream = new StandInStream(this, 0, 0);
  private final NavigableMap<Long, DeviceBuffer> memory = new ConcurrentSkipListMap<>();
  private final NavigableMap<Long, DeviceBuffer> variables = new ConcurrentSkipListMap<>();
  private volatile @Nullable DeviceFault fault;
  private volatile int broken;
  private volatile boolean destroyed;

  /** A range of an allocation. */
  record Place(DeviceBuffer buffer, long offset) {}

  StandInContext(StandInGpu gpu) {
    this.gpu = gpu;
  }

  /** Every call but those that give up contexts begins here: nothing works in a broken one. */
  void check() {
    if (destroyed) {
      throw new DriverError(CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED);
    }
    if (broken != CUresult.CUDA_SUCCESS) {
      throw new DriverError(broken);
    }
  }

  /** New memory, which holds NaN rather than the zeroes a GPU would not promise either. */
  long allocate(long bytes) {
    if (bytes <= 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    DeviceBuffer buffer;
    try {
      buffer = gpu.device.allocate(bytes);
    } catch (DeviceException e) {
      throw new DriverError(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
    }
    gpu.account(bytes);
    memory.put(buffer.address(), buffer);
    if (bytes <= MAX_POISONED_BYTES) {
      gpu.run(it -> it.stream.fill(buffer, 0, bytes, POISON));
    }
    return buffer.address();
  }

  /** A module's variable, which lies in no allocation yet can be copied to and from. */
  void lend(DeviceBuffer variable) {
    variables.put(variable.address(), variable);
  }

  /** The module of that variable goes. */
  void takeBack(DeviceBuffer variable) {
    variables.remove(variable.address());
  }

  void free(long address) {
    DeviceBuffer buffer = memory.remove(address);
    if (buffer == null) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    gpu.account(-buffer.bytes());
    buffer.close();
  }

  /** Where in this context's memory those bytes are; a call that names others breaks it. */
  Place place(long address, long bytes) {
    DeviceBuffer buffer = allocation(address);
    if (buffer == null || bytes < 0 || bytes > buffer.bytes() - (address - buffer.address())) {
      broken = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
      throw new DriverError(broken);
    }
    return new Place(buffer, address - buffer.address());
  }

  /** The allocation an address lies in. */
  @Nullable DeviceBuffer allocation(long address) {
    DeviceBuffer allocated = in(memory, address);
    return allocated != null ? allocated : in(variables, address);
  }

  private static @Nullable DeviceBuffer in(NavigableMap<Long, DeviceBuffer> from, long address) {
    Map.Entry<Long, DeviceBuffer> below = from.floorEntry(address);
    return below != null && address - below.getKey() < below.getValue().bytes()
        ? below.getValue()
        : null;
  }

  /** Does now what a stream came to. What a kernel does wrong is learnt by the next call. */
  void run(StandInGpu.Work work) {
    if (broken != CUresult.CUDA_SUCCESS || destroyed) {
      return;
    }
    try {
      gpu.run(work);
    } catch (DeviceFault e) {
      fault = e;
      broken = code(e);
    } catch (DeviceException | IllegalArgumentException e) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
  }

  /** What broke the context, in the simulator's words. */
  @Nullable DeviceFault fault() {
    return fault;
  }

  int allocations() {
    return memory.size();
  }

  void destroy() {
    destroyed = true;
    for (Long address : memory.keySet()) {
      free(address);
    }
  }

  private static int code(DeviceFault fault) {
    return switch (fault) {
      case DeviceFault.IllegalAddress f -> CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
      case DeviceFault.MisalignedAddress f -> CUresult.CUDA_ERROR_MISALIGNED_ADDRESS;
      case DeviceFault.UnsupportedInstruction f -> CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION;
      case DeviceFault.AssertionFailed f -> CUresult.CUDA_ERROR_ASSERT;
      case DeviceFault.StackOverflow f -> CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR;
      case DeviceFault.StepLimit f -> CUresult.CUDA_ERROR_LAUNCH_TIMEOUT;
      case DeviceFault.Deadlock f -> CUresult.CUDA_ERROR_LAUNCH_TIMEOUT;
      case DeviceFault.Trap f -> CUresult.CUDA_ERROR_LAUNCH_FAILED;
      case DeviceFault.BarrierDivergence f -> CUresult.CUDA_ERROR_LAUNCH_FAILED;
      case DeviceFault.UninitializedRead f -> CUresult.CUDA_ERROR_LAUNCH_FAILED;
      case DeviceFault.SharedMemoryRace f -> CUresult.CUDA_ERROR_LAUNCH_FAILED;
      case DeviceFault.AsyncCopyNotWaited f -> CUresult.CUDA_ERROR_LAUNCH_FAILED;
    };
  }
}
