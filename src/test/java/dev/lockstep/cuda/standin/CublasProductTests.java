package dev.lockstep.cuda.standin;

import static dev.lockstep.cuda.standin.CublasLab.ELEMENTS;
import static dev.lockstep.cuda.standin.CublasLab.scalar;
import static dev.lockstep.cuda.standin.CublasLab.succeed;
import static dev.lockstep.cuda.standin.GemmCall.COMPUTE;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetPointerMode;
import static jcuda.jcublas.JCublas2.cublasSgemm;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.numeric.DType;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasPointerMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the stand-in's cuBLAS computes, through JCublas2 as it is. */
@OnStandIn
class CublasProductTests {
  private CublasLab lab;

  @BeforeEach
  void open() {
    lab = new CublasLab();
  }

  @AfterEach
  void close() {
    lab.close();
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
    float[] left = lab.write(lab.a, in);
    float[] right = lab.write(lab.b, in);
    float[] before = lab.write(lab.c, out);
    float alpha = 0.75f;
    float beta = -1.5f;
    succeed(
        lab.gemm(m, n, k)
            .transposed(turnedA, turnedB)
            .types(in, out)
            .apart(lda, ldb, ldc)
            .scaled(alpha, beta)
            .run());
    float[] after = lab.read(out);
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
    float[] left = lab.write(lab.a, DType.F32);
    float[] right = lab.write(lab.b, DType.F32);
    lab.write(lab.c, DType.F32);
    succeed(
        cublasSgemm(
            lab.handle,
            CUBLAS_OP_T,
            CUBLAS_OP_N,
            1,
            1,
            2,
            scalar(1),
            lab.a,
            2,
            lab.b,
            2,
            scalar(0),
            lab.c,
            1));
    assertThat(lab.read(DType.F32)[0])
        .isEqualTo((float) ((double) left[0] * right[0] + (double) left[1] * right[1]));
  }

  /** New memory holds NaN, which a factor of 0 would spread: beta = 0 means "do not read". */
  @Test
  void withoutBetaWhatWasThereIsNotRead() {
    lab.write(lab.a, DType.F32);
    lab.write(lab.b, DType.F32);
    succeed(lab.gemm(2, 2, 2).run());
    assertThat(lab.read(DType.F32)[3]).isFinite();
  }

  @Test
  void aBatchTakesStridesOfEach() {
    float[] left = lab.write(lab.a, DType.F32);
    float[] right = lab.write(lab.b, DType.F32);
    float[] before = lab.write(lab.c, DType.F32);
    succeed(lab.gemm(1, 1, 1).runBatch(4, 3, 0, 2));
    float[] after = lab.read(DType.F32);
    for (int i = 0; i < 4; i++) {
      assertThat(after[2 * i]).isEqualTo(left[3 * i] * right[0]);
      assertThat(after[2 * i + 1]).isEqualTo(before[2 * i + 1]);
    }
  }

  /** 1 + 2⁻¹¹ is a tie in TF32 and rounds up to 1 + 2⁻¹⁰; the handle or the call asks for it. */
  @Test
  void factorsAreRoundedToTf32WhereAsked() {
    lab.write(lab.a, 1 + 0x1p-11f);
    lab.write(lab.b, 1);
    int fast = cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
    int exact = cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC;
    assertThat(one(COMPUTE)).isEqualTo(1 + 0x1p-11f);
    assertThat(one(fast)).isEqualTo(1 + 0x1p-10f);
    succeed(cublasSetMathMode(lab.handle, cublasMath.CUBLAS_TF32_TENSOR_OP_MATH));
    assertThat(one(COMPUTE)).isEqualTo(1 + 0x1p-10f);
    assertThat(one(exact)).isEqualTo(1 + 0x1p-11f);
  }

  private float one(int compute) {
    succeed(lab.gemm(1, 1, 1).computing(compute).run());
    return lab.read(DType.F32)[0];
  }

  /** α and β are two elements of B, the latter 0. */
  @Test
  void factorsMayLieOnTheDevice() {
    float[] left = lab.write(lab.a, DType.F32);
    float[] right = lab.write(lab.b, DType.F32);
    lab.write(lab.b.withByteOffset(8), 0);
    succeed(cublasSetPointerMode(lab.handle, cublasPointerMode.CUBLAS_POINTER_MODE_DEVICE));
    succeed(lab.gemm(1, 1, 1).scaled(lab.b.withByteOffset(4), lab.b.withByteOffset(8)).run());
    assertThat(lab.read(DType.F32)[0]).isEqualTo((float) ((double) right[1] * left[0] * right[0]));
  }

  @Test
  void aCapturedProductHappensWhenItsGraphIsLaunched() {
    lab.write(lab.a, DType.F32);
    lab.write(lab.b, DType.F32);
    float[] before = lab.write(lab.c, DType.F32);
    succeed(
        JCudaDriver.cuStreamBeginCapture(
            lab.stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    succeed(lab.gemm(1, 1, 1).scaled(1, 1).run());
    CUgraph graph = new CUgraph();
    CUgraphExec executable = new CUgraphExec();
    succeed(JCudaDriver.cuStreamEndCapture(lab.stream, graph));
    assertThat(lab.read(DType.F32)[0]).isEqualTo(before[0]);
    succeed(JCudaDriver.cuGraphInstantiate(executable, graph, 0));
    succeed(JCudaDriver.cuGraphLaunch(executable, lab.stream));
    float once = lab.read(DType.F32)[0];
    succeed(JCudaDriver.cuGraphLaunch(executable, lab.stream));
    assertThat(once).isNotEqualTo(before[0]);
    assertThat(lab.read(DType.F32)[0] - once).isCloseTo(once - before[0], within(1e-6f));
  }
}
