package dev.lockstep.cuda.standin;

import static jcuda.jcublas.JCublas2.*;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_INVALID_VALUE;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED;
import static jcuda.jcublas.cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stand-in's cuBLAS through JCublas2 as it is. */
@OnStandIn
class CublasCallsTests {
  private static final int ALGORITHM = -1; // the default
  private static final int ELEMENTS = 4096; // of each matrix's memory
  private static final int F32 = cudaDataType.CUDA_R_32F;
  private static final int COMPUTE = cublasComputeType.CUBLAS_COMPUTE_32F;

  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final cublasHandle handle = new cublasHandle();
  private final CUdeviceptr a = new CUdeviceptr();
  private final CUdeviceptr b = new CUdeviceptr();
  private final CUdeviceptr c = new CUdeviceptr();
  private final ByteBuffer host = direct(4 * ELEMENTS);
  private final Random random = new Random(1);

  @BeforeEach
  void open() {
    StandInDriver.open().close(); // JCuda's library is loaded
    CUdevice gpu = new CUdevice();
    succeed(JCudaDriver.cuDeviceGet(gpu, 0));
    succeed(JCudaDriver.cuCtxCreate(context, 0, gpu));
    succeed(JCudaDriver.cuStreamCreate(stream, 0));
    for (CUdeviceptr memory : new CUdeviceptr[] {a, b, c}) {
      succeed(JCudaDriver.cuMemAlloc(memory, 4 * ELEMENTS));
    }
    succeed(cublasCreate(handle));
    succeed(cublasSetStream(handle, new cudaStream_t(stream)));
  }

  @AfterEach
  void close() {
    succeed(cublasDestroy(handle));
    succeed(JCudaDriver.cuCtxDestroy(context));
  }

  private static void succeed(int code) {
    assertThat(code).isZero();
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static Pointer scalar(float value) {
    return Pointer.to(direct(4).putFloat(0, value));
  }

  /**
   * Each transpose of each operand; columns further apart than they are high; each storage type and
   * what it may be summed into; one element; one row, one column; no terms at all.
   */
  @ParameterizedTest
  @CsvSource({
    "N, N, F32, F32, 3, 4, 5, 0",
    "T, N, F32, F32, 3, 4, 5, 2",
    "N, T, F32, F32, 3, 4, 5, 1",
    "T, T, F32, F32, 7, 2, 9, 3",
    "N, N, F16, F16, 5, 6, 7, 0",
    "T, N, F16, F32, 8, 8, 16, 4",
    "N, T, BF16, BF16, 9, 4, 3, 1",
    "T, T, BF16, F32, 2, 11, 6, 0",
    "N, N, F32, F32, 1, 1, 1, 0",
    "T, N, F32, F32, 1, 8, 33, 0",
    "N, T, F32, F32, 8, 1, 33, 0",
    "N, N, F32, F32, 4, 4, 0, 0",
  })
  void multiplies(
      String transA, String transB, DType in, DType out, int m, int n, int k, int apart) {
    boolean turnedA = transA.equals("T");
    boolean turnedB = transB.equals("T");
    int lda = Math.max(1, turnedA ? k : m) + apart;
    int ldb = Math.max(1, turnedB ? n : k) + apart;
    int ldc = m + apart;
    float[] left = write(a, in);
    float[] right = write(b, in);
    float[] before = write(c, out);
    float alpha = 0.75f;
    float beta = -1.5f;
    succeed(
        cublasGemmEx_new(
            handle,
            turnedA ? CUBLAS_OP_T : CUBLAS_OP_N,
            turnedB ? CUBLAS_OP_T : CUBLAS_OP_N,
            m,
            n,
            k,
            scalar(alpha),
            a,
            type(in),
            lda,
            b,
            type(in),
            ldb,
            scalar(beta),
            c,
            type(out),
            ldc,
            COMPUTE,
            ALGORITHM));
    float[] after = read(out);
    for (int at = 0; at < ELEMENTS; at++) {
      int row = at % ldc;
      int col = at / ldc;
      if (row >= m || col >= n) {
        assertThat(after[at]).as("beside the result, at %d", at).isEqualTo(before[at]);
        continue;
      }
      double sum = 0;
      for (int i = 0; i < k; i++) {
        double l = left[turnedA ? row * lda + i : i * lda + row];
        double r = right[turnedB ? i * ldb + col : col * ldb + i];
        sum += l * r;
      }
      double expected = (double) alpha * sum + (double) beta * before[at];
      assertThat((double) after[at])
          .as("row %d, column %d", row, col)
          .isCloseTo(expected, within(Math.abs(expected) * out.unitRoundoff()));
    }
  }

  @Test
  void singlePrecisionAsOfOld() {
    float[] left = write(a, DType.F32);
    float[] right = write(b, DType.F32);
    write(c, DType.F32);
    succeed(
        cublasSgemm(
            handle, CUBLAS_OP_T, CUBLAS_OP_N, 1, 1, 2, scalar(1), a, 2, b, 2, scalar(0), c, 1));
    assertThat(read(DType.F32)[0])
        .isEqualTo((float) ((double) left[0] * right[0] + (double) left[1] * right[1]));
  }

  /** New memory holds NaN, which a factor of 0 would spread: beta = 0 means "do not read". */
  @Test
  void withoutBetaWhatWasThereIsNotRead() {
    write(a, DType.F32);
    write(b, DType.F32);
    succeed(
        cublasGemmEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            2,
            2,
            2,
            scalar(1),
            a,
            F32,
            2,
            b,
            F32,
            2,
            scalar(0),
            c,
            F32,
            2,
            COMPUTE,
            ALGORITHM));
    assertThat(read(DType.F32)[3]).isFinite();
  }

  @Test
  void aBatchTakesStridesOfEach() {
    float[] left = write(a, DType.F32);
    float[] right = write(b, DType.F32);
    float[] before = write(c, DType.F32);
    succeed(
        cublasGemmStridedBatchedEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            1,
            1,
            1,
            scalar(1),
            a,
            F32,
            1,
            3,
            b,
            F32,
            1,
            0,
            scalar(0),
            c,
            F32,
            1,
            2,
            4,
            COMPUTE,
            ALGORITHM));
    float[] after = read(DType.F32);
    for (int i = 0; i < 4; i++) {
      assertThat(after[2 * i]).isEqualTo(left[3 * i] * right[0]);
      assertThat(after[2 * i + 1]).isEqualTo(before[2 * i + 1]);
    }
  }

  /** 1 + 2⁻¹¹ is a tie in TF32 and rounds up to 1 + 2⁻¹⁰; the handle or the call asks for it. */
  @Test
  void factorsAreRoundedToTf32WhereAsked() {
    host.putFloat(0, 1 + 0x1p-11f);
    succeed(JCudaDriver.cuMemcpyHtoD(a, Pointer.to(host), 4));
    host.putFloat(0, 1);
    succeed(JCudaDriver.cuMemcpyHtoD(b, Pointer.to(host), 4));
    int fast = cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
    int exact = cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC;
    assertThat(one(COMPUTE)).isEqualTo(1 + 0x1p-11f);
    assertThat(one(fast)).isEqualTo(1 + 0x1p-10f);
    succeed(cublasSetMathMode(handle, cublasMath.CUBLAS_TF32_TENSOR_OP_MATH));
    assertThat(one(COMPUTE)).isEqualTo(1 + 0x1p-10f);
    assertThat(one(exact)).isEqualTo(1 + 0x1p-11f);
  }

  private float one(int compute) {
    succeed(
        cublasGemmEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            1,
            1,
            1,
            scalar(1),
            a,
            F32,
            1,
            b,
            F32,
            1,
            scalar(0),
            c,
            F32,
            1,
            compute,
            ALGORITHM));
    return read(DType.F32)[0];
  }

  @Test
  void factorsMayLieOnTheDevice() {
    float[] left = write(a, DType.F32);
    float[] right = write(b, DType.F32);
    succeed(cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_DEVICE));
    // α and β are two elements of b, the latter 0.
    host.putFloat(0, 0);
    succeed(JCudaDriver.cuMemcpyHtoD(b.withByteOffset(8), Pointer.to(host), 4));
    succeed(
        cublasGemmEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            1,
            1,
            1,
            b.withByteOffset(4),
            a,
            F32,
            1,
            b,
            F32,
            1,
            b.withByteOffset(8),
            c,
            F32,
            1,
            COMPUTE,
            ALGORITHM));
    assertThat(read(DType.F32)[0]).isEqualTo((float) ((double) right[1] * left[0] * right[0]));
  }

  @Test
  void aCapturedProductHappensWhenItsGraphIsLaunched() {
    write(a, DType.F32);
    write(b, DType.F32);
    float[] before = write(c, DType.F32);
    succeed(
        JCudaDriver.cuStreamBeginCapture(
            stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    succeed(
        cublasGemmEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            1,
            1,
            1,
            scalar(1),
            a,
            F32,
            1,
            b,
            F32,
            1,
            scalar(1),
            c,
            F32,
            1,
            COMPUTE,
            ALGORITHM));
    CUgraph graph = new CUgraph();
    CUgraphExec executable = new CUgraphExec();
    succeed(JCudaDriver.cuStreamEndCapture(stream, graph));
    assertThat(read(DType.F32)[0]).isEqualTo(before[0]);
    succeed(JCudaDriver.cuGraphInstantiate(executable, graph, 0));
    succeed(JCudaDriver.cuGraphLaunch(executable, stream));
    float once = read(DType.F32)[0];
    succeed(JCudaDriver.cuGraphLaunch(executable, stream));
    assertThat(once).isNotEqualTo(before[0]);
    assertThat(read(DType.F32)[0] - once).isCloseTo(once - before[0], within(1e-6f));
  }

  @Test
  void badArgumentsAreRefused() {
    int n = CUBLAS_OP_N;
    int bad = CUBLAS_STATUS_INVALID_VALUE;
    assertThat(gemm(n, -1, 1, 1, F32, 1, 1, 1, F32, COMPUTE)).as("m").isEqualTo(bad);
    assertThat(gemm(n, 1, 1, -1, F32, 1, 1, 1, F32, COMPUTE)).as("k").isEqualTo(bad);
    assertThat(gemm(7, 1, 1, 1, F32, 1, 1, 1, F32, COMPUTE)).as("transA").isEqualTo(bad);
    assertThat(gemm(n, 4, 1, 1, F32, 3, 1, 4, F32, COMPUTE)).as("lda").isEqualTo(bad);
    assertThat(gemm(CUBLAS_OP_T, 1, 1, 4, F32, 3, 4, 1, F32, COMPUTE)).as("ldaᵀ").isEqualTo(bad);
    assertThat(gemm(n, 1, 1, 4, F32, 1, 3, 1, F32, COMPUTE)).as("ldb").isEqualTo(bad);
    assertThat(gemm(n, 4, 1, 1, F32, 4, 1, 3, F32, COMPUTE)).as("ldc").isEqualTo(bad);
    int not = CUBLAS_STATUS_NOT_SUPPORTED;
    int f16 = cudaDataType.CUDA_R_16F;
    int tf32 = cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
    assertThat(gemm(n, 1, 1, 1, f16, 1, 1, 1, f16, tf32)).as("TF32 of f16").isEqualTo(not);
    assertThat(gemm(n, 1, 1, 1, F32, 1, 1, 1, f16, COMPUTE)).as("f32 into f16").isEqualTo(not);
    assertThat(gemm(n, 1, 1, 1, cudaDataType.CUDA_R_64F, 1, 1, 1, F32, COMPUTE)).isEqualTo(not);
    assertThat(cublasSetMathMode(handle, 4)).isEqualTo(bad);
    assertThat(cublasSetPointerMode(handle, 2)).isEqualTo(bad);
    assertThat(cublasSetWorkspace(handle, a.withByteOffset(16), 1024)).isEqualTo(bad);
    succeed(cublasSetWorkspace(handle, a, 1024));
    succeed(JCudaDriver.cuStreamSynchronize(stream));
  }

  private int gemm(
      int transA, int m, int n, int k, int in, int lda, int ldb, int ldc, int out, int compute) {
    return cublasGemmEx_new(
        handle,
        transA,
        CUBLAS_OP_N,
        m,
        n,
        k,
        scalar(1),
        a,
        in,
        lda,
        b,
        in,
        ldb,
        scalar(0),
        c,
        out,
        ldc,
        compute,
        ALGORITHM);
  }

  /** As with a kernel, who learns of it is who waits. */
  @Test
  void aMatrixThatReachesTooFarBreaksTheContext() {
    succeed(gemm(CUBLAS_OP_N, 1, ELEMENTS + 1, 1, F32, 1, 1, 1, F32, COMPUTE));
    assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(700);
    assertThat(gemm(CUBLAS_OP_N, 1, 1, 1, F32, 1, 1, 1, F32, COMPUTE))
        .isEqualTo(CUBLAS_STATUS_EXECUTION_FAILED);
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
      succeed(JCudaDriver.cuCtxSetCurrent(context));
    }
  }

  @Test
  void settingsAreKeptAndTheVersionIsKnown() {
    int[] value = new int[1];
    succeed(cublasGetVersion(handle, value));
    assertThat(value[0]).isEqualTo(CublasFamily.VERSION);
    succeed(cublasGetProperty(0, value));
    assertThat(value[0]).isEqualTo(12);
    succeed(cublasSetMathMode(handle, cublasMath.CUBLAS_TF32_TENSOR_OP_MATH));
    succeed(cublasGetMathMode(handle, value));
    assertThat(value[0]).isEqualTo(cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
    succeed(cublasGetPointerMode(handle, value));
    assertThat(value[0]).isEqualTo(cublasPointerMode.CUBLAS_POINTER_MODE_HOST);
    cudaStream_t known = new cudaStream_t();
    succeed(cublasGetStream(handle, known));
    assertThat(known).isEqualTo(new cudaStream_t(stream));
  }

  @Test
  void whatIsNotThereIsRefusedAndNamed() {
    assertThat(cublasSscal(handle, 1, scalar(1), a, 1)).isEqualTo(CUBLAS_STATUS_NOT_SUPPORTED);
    assertThat(StandInDriver.get().refused()).containsKey("cublasSscal_v2");
    assertThat(cublasStatus.stringFor(CUBLAS_STATUS_NOT_SUPPORTED)).contains("NOT_SUPPORTED");
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F16 -> cudaDataType.CUDA_R_16F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
      case I32, F64 -> throw new AssertionError(dtype);
    };
  }

  /** Random numbers everywhere; answers with them as the type rounds them. */
  private float[] write(CUdeviceptr memory, DType dtype) {
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      values[i] = (float) dtype.round(random.nextGaussian());
      switch (dtype) {
        case F32 -> host.putFloat(4 * i, values[i]);
        case F16 -> host.putShort(2 * i, Float16.fromFloat(values[i]));
        case BF16 -> host.putShort(2 * i, BFloat16.fromFloat(values[i]));
        case I32, F64 -> throw new AssertionError(dtype);
      }
    }
    succeed(JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(host), 4 * ELEMENTS));
    return values;
  }

  private float[] read(DType dtype) {
    succeed(JCudaDriver.cuMemcpyDtoH(Pointer.to(host), c, 4 * ELEMENTS));
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      values[i] =
          switch (dtype) {
            case F32 -> host.getFloat(4 * i);
            case F16 -> Float16.toFloat(host.getShort(2 * i));
            case BF16 -> BFloat16.toFloat(host.getShort(2 * i));
            case I32, F64 -> throw new AssertionError(dtype);
          };
    }
    return values;
  }
}
