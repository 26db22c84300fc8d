package dev.lockstep.cuda;

import dev.lockstep.device.Kernel;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** An entry point; usable while its module is open. */
final class CudaKernel implements Kernel {
  private final CudaModule module;
  private final String name;
  private final int parameterBytes;
  private final Handles.Function function;
  private int allowedShared;
  private boolean largeClusters;

  CudaKernel(CudaModule module, String name, int parameterBytes, Handles.Function function) {
    this.module = module;
    this.name = name;
    this.parameterBytes = parameterBytes;
    this.function = function;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int parameterBytes() {
    return parameterBytes;
  }

  CudaModule module() {
    return module;
  }

  CudaDevice device() {
    return module.device();
  }

  /** The {@code CUfunction}. */
  long address() {
    module.requireOpen();
    return function.address();
  }

  /** Clusters of more than 8 blocks must be asked for: not every GPU has room for them. */
  synchronized void allowLargeClusters() {
    if (!largeClusters) {
      device()
          .check(
              "cuFuncSetAttribute",
              JCudaDriver.cuFuncSetAttribute(
                  function,
                  CUfunction_attribute.CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED,
                  1),
              () -> "; " + name + " with clusters of more than 8 blocks");
      largeClusters = true;
    }
  }

  /**
   * More than 48 KiB of shared memory must be asked for before the launch that uses it; a later
   * request for less would take it away from launches of other threads.
   */
  synchronized void allowShared(int dynamicBytes) {
    if (dynamicBytes > allowedShared) {
      device()
          .check(
              "cuFuncSetAttribute",
              JCudaDriver.cuFuncSetAttribute(
                  function,
                  CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                  dynamicBytes),
              () -> "; " + name + " with " + dynamicBytes + " bytes of dynamic shared memory");
      allowedShared = dynamicBytes;
    }
  }
}
