package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceMemoryException;
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
      String message = describe(code) + detail.get();
      throw code == CUresult.CUDA_ERROR_OUT_OF_MEMORY
          ? new DeviceMemoryException(call, code, message)
          : new DeviceException(call, code, message);
    }
  }

  /**
   * Whether the context is lost for good with this code: what was allocated in it is invalid and
   * every call answers the same until it is gone ({@code cuda.h}, at each of these codes).
   */
  static boolean breaksContext(int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_EXTERNAL_DEVICE ->
          true;
      default -> false;
    };
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
