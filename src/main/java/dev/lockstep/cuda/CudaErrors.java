package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import java.util.function.Supplier;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The one place that judges what the driver returns. JCuda could throw by itself, but its exception
 * knows neither the call nor the code.
 */
final class CudaErrors {
  private CudaErrors() {}

  /**
   * Passes on success.
   *
   * @param call the driver function that returned {@code code}
   * @throws DeviceException for every code but {@code CUDA_SUCCESS}
   */
  static void check(String call, int code) {
    check(call, code, () -> "");
  }

  /** As {@link #check(String, int)}; {@code detail} says what was being done, when it failed. */
  static void check(String call, int code, Supplier<String> detail) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new DeviceException(call, code, describe(code) + detail.get());
    }
  }

  /** The code's name and what the driver says it means. */
  static String describe(int code) {
    String[] meaning = new String[1];
    int known = JCudaDriver.cuGetErrorString(code, meaning);
    String name = CUresult.stringFor(code);
    return known == CUresult.CUDA_SUCCESS && meaning[0] != null
        ? name + " (" + meaning[0] + ")"
        : name;
  }
}
