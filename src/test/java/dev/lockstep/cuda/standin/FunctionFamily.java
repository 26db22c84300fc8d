package dev.lockstep.cuda.standin;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_PTX_VERSION;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;

import dev.lockstep.device.ComputeCapability;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/**
 * Attributes of kernels and how many blocks fit. Registers are the assembler's business, which
 * never ran: they are not told, and limit nothing here.
 */
final class FunctionFamily {
  private final DriverState state;

  FunctionFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuFuncGetAttribute")
  int attribute(MemorySegment value, int attribute, long function) {
    state.current();
    StandInFunction of = state.functions.get(function);
    switch (attribute) {
      case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK -> Host.set(value, of.kernel.maxThreads());
      case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES ->
          Host.set(value, of.inspection().staticSharedBytes());
      case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES -> Host.set(value, of.inspection().localBytes());
      case CU_FUNC_ATTRIBUTE_PTX_VERSION ->
          Host.set(value, Integer.parseInt(of.module().text().version().replace(".", "")));
      case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES -> Host.set(value, of.allowedShared());
      case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED ->
          Host.set(value, of.largeClusters() ? 1 : 0);
      default -> {
        return CUresult.CUDA_ERROR_NOT_SUPPORTED;
      }
    }
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuFuncSetAttribute")
  int setAttribute(long function, int attribute, int value) {
    state.current();
    StandInFunction of = state.functions.get(function);
    switch (attribute) {
      case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES -> of.allowShared(value);
      case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED -> of.allowLargeClusters(value);
      default -> {
        return CUresult.CUDA_ERROR_NOT_SUPPORTED;
      }
    }
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuOccupancyMaxActiveBlocksPerMultiprocessor")
  int blocks(MemorySegment count, long function, int threads, long sharedBytes) {
    state.current();
    StandInFunction of = state.functions.get(function);
    if (threads < 1 || threads > of.kernel.maxThreads() || sharedBytes < 0) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    ComputeCapability limits = state.gpu.model().capability();
    int warps = (threads + ComputeCapability.WARP - 1) / ComputeCapability.WARP;
    long shared = of.inspection().staticSharedBytes() + sharedBytes + limits.reservedSharedBytes();
    long fitting =
        Math.min(
            limits.maxBlocksPerSm(), limits.maxThreadsPerSm() / (warps * ComputeCapability.WARP));
    if (shared > 0) {
      fitting = Math.min(fitting, limits.sharedBytesPerSm() / shared);
    }
    Host.set(count, (int) fitting);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags")
  int blocks(MemorySegment count, long function, int threads, long sharedBytes, int flags) {
    return blocks(count, function, threads, sharedBytes);
  }
}
