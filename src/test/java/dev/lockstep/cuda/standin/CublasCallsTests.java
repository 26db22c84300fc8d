package dev.lockstep.cuda.standin;

import static dev.lockstep.cuda.standin.CublasLab.ELEMENTS;
import static dev.lockstep.cuda.standin.CublasLab.scalar;
import static dev.lockstep.cuda.standin.CublasLab.succeed;
import static dev.lockstep.cuda.standin.GemmCall.F32;
import static jcuda.jcublas.JCublas2.*;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_INVALID_VALUE;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;

import jcuda.cudaDataType;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Handles, settings and refusals of the stand-in's cuBLAS, through JCublas2 as it is. */
@OnStandIn
class CublasCallsTests {
  private CublasLab lab;

  @BeforeEach
  void open() {
    lab = new CublasLab();
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void badArgumentsAreRefused() {
    int bad = CUBLAS_STATUS_INVALID_VALUE;
    assertThat(lab.gemm(-1, 1, 1).apart(1, 1, 1).run()).as("m").isEqualTo(bad);
    assertThat(lab.gemm(1, 1, -1).apart(1, 1, 1).run()).as("k").isEqualTo(bad);
    assertThat(lab.gemm(1, 1, 1).operations(7, CUBLAS_OP_N).run()).as("transA").isEqualTo(bad);
    assertThat(lab.gemm(4, 1, 1).apart(3, 1, 4).run()).as("lda").isEqualTo(bad);
    assertThat(lab.gemm(1, 1, 4).transposed(true, false).apart(3, 4, 1).run())
        .as("ldaᵀ")
        .isEqualTo(bad);
    assertThat(lab.gemm(1, 1, 4).apart(1, 3, 1).run()).as("ldb").isEqualTo(bad);
    assertThat(lab.gemm(4, 1, 1).apart(4, 1, 3).run()).as("ldc").isEqualTo(bad);
    assertThat(cublasSetMathMode(lab.handle, 4)).isEqualTo(bad);
    assertThat(cublasSetPointerMode(lab.handle, 2)).isEqualTo(bad);
    assertThat(cublasSetWorkspace(lab.handle, lab.a.withByteOffset(16), 1024)).isEqualTo(bad);
    succeed(cublasSetWorkspace(lab.handle, lab.a, 1024));
    succeed(JCudaDriver.cuStreamSynchronize(lab.stream));
  }

  @Test
  void typesThatDoNotGoTogetherAreRefused() {
    int f16 = cudaDataType.CUDA_R_16F;
    int f64 = cudaDataType.CUDA_R_64F;
    int tf32 = cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
    int not = CUBLAS_STATUS_NOT_SUPPORTED;
    assertThat(lab.gemm(1, 1, 1).types(f16, f16).computing(tf32).run())
        .as("TF32 of f16")
        .isEqualTo(not);
    assertThat(lab.gemm(1, 1, 1).types(F32, f16).run()).as("f32 into f16").isEqualTo(not);
    assertThat(lab.gemm(1, 1, 1).types(f64, F32).run()).as("f64 into f32").isEqualTo(not);
    succeed(JCudaDriver.cuStreamSynchronize(lab.stream));
  }

  /** As with a kernel, who learns of it is who waits. */
  @Test
  void aMatrixThatReachesTooFarBreaksTheContext() {
    succeed(lab.gemm(1, ELEMENTS + 1, 1).run());
    assertThat(JCudaDriver.cuStreamSynchronize(lab.stream)).isEqualTo(700);
    assertThat(lab.gemm(1, 1, 1).run()).isEqualTo(CUBLAS_STATUS_EXECUTION_FAILED);
  }

  @Test
  void aHandleThatIsGoneIsRefused() {
    cublasHandle other = new cublasHandle();
    succeed(cublasCreate(other));
    succeed(cublasDestroy(other));
    assertThat(cublasDestroy(other)).isEqualTo(CUBLAS_STATUS_NOT_INITIALIZED);
    assertThat(cublasSetMathMode(other, 0)).isEqualTo(CUBLAS_STATUS_NOT_INITIALIZED);
  }

  @Test
  void withoutAContextThereIsNoHandle() {
    succeed(JCudaDriver.cuCtxSetCurrent(new CUcontext()));
    try {
      assertThat(cublasCreate(new cublasHandle())).isEqualTo(CUBLAS_STATUS_NOT_INITIALIZED);
    } finally {
      succeed(JCudaDriver.cuCtxSetCurrent(lab.context));
    }
  }

  @Test
  void settingsAreKeptAndTheVersionIsKnown() {
    int[] value = new int[1];
    succeed(cublasGetVersion(lab.handle, value));
    assertThat(value[0]).isEqualTo(CublasFamily.VERSION);
    succeed(cublasGetProperty(0, value));
    assertThat(value[0]).isEqualTo(12);
    succeed(cublasSetMathMode(lab.handle, cublasMath.CUBLAS_TF32_TENSOR_OP_MATH));
    succeed(cublasGetMathMode(lab.handle, value));
    assertThat(value[0]).isEqualTo(cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
    succeed(cublasGetPointerMode(lab.handle, value));
    assertThat(value[0]).isEqualTo(cublasPointerMode.CUBLAS_POINTER_MODE_HOST);
    cudaStream_t known = new cudaStream_t();
    succeed(cublasGetStream(lab.handle, known));
    assertThat(known).isEqualTo(new cudaStream_t(lab.stream));
  }

  @Test
  void whatIsNotThereIsRefusedAndNamed() {
    assertThat(cublasSscal(lab.handle, 1, scalar(1), lab.a, 1))
        .isEqualTo(CUBLAS_STATUS_NOT_SUPPORTED);
    assertThat(StandInDriver.get().refused()).containsKey("cublasSscal_v2");
    assertThat(cublasStatus.stringFor(CUBLAS_STATUS_NOT_SUPPORTED)).contains("NOT_SUPPORTED");
  }
}
