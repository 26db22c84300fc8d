package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;

/** What cuBLAS and cublasLt have in common: how they name things, and how they fail. */
final class CublasStatus {
  private CublasStatus() {}

  /**
   * The stream as one of the device's.
   *
   * @throws IllegalArgumentException when it belongs to another
   */
  static CudaStream own(CudaDevice device, Stream stream) {
    if (!(stream instanceof CudaStream own) || own.device() != device) {
      throw new IllegalArgumentException("the stream belongs to another device");
    }
    return own;
  }

  /** Passes on success. */
  static void check(String call, int status) {
    check(call, status, "");
  }

  /** Passes on success; {@code detail} ends the message of a failure. */
  static void check(String call, int status, String detail) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new DeviceException(call, status, cublasStatus.stringFor(status) + detail);
    }
  }

  /** As {@link #check(String, int)} for work queued on a stream: a lost context is told as such. */
  static void check(String call, int status, MatrixProduct product, CudaStream on) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      on.requireAlive();
      check(call, status, "; " + product);
    }
  }

  static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  static int compute(MatrixProduct product) {
    return product.tf32()
        ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
        : cublasComputeType.CUBLAS_COMPUTE_32F;
  }

  static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> cudaDataType.CUDA_R_32F;
      case F16 -> cudaDataType.CUDA_R_16F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
      case I32, F64 -> throw new AssertionError("a product has no such type: " + dtype);
    };
  }
}
