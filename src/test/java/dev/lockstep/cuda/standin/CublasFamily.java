package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.lockstep.cuda.standin.StandInContext.Place;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;

/** Handles of cuBLAS and their settings. */
final class CublasFamily {
  /** What it says it is: 12.6.4. */
  static final int VERSION = 120604;

  private static final int WORKSPACE_ALIGNMENT = 256;

  /** Bits of the math mode that choose among ways to multiply; others change how sums are made. */
  private static final int MATH_KINDS = 0xf;

  private final DriverState state;

  CublasFamily(DriverState state) {
    this.state = state;
  }

  /** What a call answers for what it threw. */
  static int status(DriverError error) {
    if (error instanceof DriverError.OfCublas) {
      return error.code;
    }
    // The driver would not do what cuBLAS asked of it: mostly because the context is lost.
    return cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED;
  }

  static void require(boolean condition) {
    if (!condition) {
      throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
    }
  }

  @Export("cublasCreate_v2")
  int create(MemorySegment handle) {
    require(handle.address() != 0);
    StandInContext context;
    try {
      context = state.current();
    } catch (DriverError e) {
      return cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED;
    }
    Host.set(handle, state.blas.add(new StandInCublas(context)));
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  /** Even where the context is lost or gone. */
  @Export("cublasDestroy_v2")
  int destroy(long handle) {
    state.blasOrRefuse(handle);
    state.blas.remove(handle);
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasGetVersion_v2")
  int version(long handle, MemorySegment version) {
    require(version.address() != 0);
    Host.set(version, VERSION);
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasGetProperty")
  int property(int which, MemorySegment value) {
    require(value.address() != 0 && which >= 0 && which <= 2);
    Host.set(
        value,
        switch (which) {
          case 0 -> VERSION / 10000;
          case 1 -> VERSION / 100 % 100;
          default -> VERSION % 100;
        });
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasSetStream_v2")
  int setStream(long handle, long stream) {
    StandInCublas blas = state.blas(handle);
    state.stream(stream);
    blas.stream = stream;
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasGetStream_v2")
  int getStream(long handle, MemorySegment stream) {
    require(stream.address() != 0);
    Host.set(stream, state.blas(handle).stream);
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasSetWorkspace_v2")
  int setWorkspace(long handle, long workspace, long bytes) {
    StandInCublas blas = state.blas(handle);
    require(workspace % WORKSPACE_ALIGNMENT == 0);
    if (bytes > 0) {
      blas.context.place(workspace, bytes);
    }
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasSetPointerMode_v2")
  int setPointerMode(long handle, int mode) {
    StandInCublas blas = state.blas(handle);
    require(
        mode == cublasPointerMode.CUBLAS_POINTER_MODE_HOST
            || mode == cublasPointerMode.CUBLAS_POINTER_MODE_DEVICE);
    blas.pointerMode = mode;
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasGetPointerMode_v2")
  int getPointerMode(long handle, MemorySegment mode) {
    require(mode.address() != 0);
    Host.set(mode, state.blas(handle).pointerMode);
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasSetMathMode")
  int setMathMode(long handle, int mode) {
    StandInCublas blas = state.blas(handle);
    require((mode & MATH_KINDS) <= cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
    blas.mathMode = mode;
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  @Export("cublasGetMathMode")
  int getMathMode(long handle, MemorySegment mode) {
    require(mode.address() != 0);
    Host.set(mode, state.blas(handle).mathMode);
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  /** Whether products of f32 are rounded to TF32 because the handle says so. */
  static boolean inTf32(StandInCublas blas) {
    return (blas.mathMode & MATH_KINDS) == cublasMath.CUBLAS_TF32_TENSOR_OP_MATH;
  }

  /** α or β, from where the pointer mode says. */
  static Gemm.Factor factor(StandInCublas blas, MemorySegment pointer) {
    require(pointer.address() != 0);
    if (blas.pointerMode == cublasPointerMode.CUBLAS_POINTER_MODE_HOST) {
      float value = Host.at(pointer, Float.BYTES).get(JAVA_FLOAT, 0);
      return gpu -> value;
    }
    long address = pointer.address();
    return gpu -> {
      try (Arena arena = Arena.ofConfined()) {
        Place place = blas.context.place(address, Float.BYTES);
        MemorySegment host = arena.allocate(JAVA_FLOAT);
        gpu.stream.copyToHost(host, place.buffer(), place.offset());
        return host.get(JAVA_FLOAT, 0);
      }
    };
  }
}
