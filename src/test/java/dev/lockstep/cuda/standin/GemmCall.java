package dev.lockstep.cuda.standin;

import static jcuda.jcublas.JCublas2.cublasGemmEx_new;
import static jcuda.jcublas.JCublas2.cublasGemmStridedBatchedEx_new;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import dev.lockstep.numeric.DType;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;

/**
 * A call of {@code cublasGemmEx}, C = α op(A) op(B) + β C with columns one after the other. Unless
 * said otherwise: nothing is transposed, columns touch, all is f32, α is 1, β is 0.
 */
final class GemmCall {
  static final int F32 = cudaDataType.CUDA_R_32F;
  static final int COMPUTE = cublasComputeType.CUBLAS_COMPUTE_32F;
  private static final int ALGORITHM = -1; // the default

  private final CublasLab lab;
  private final int m;
  private final int n;
  private final int k;
  private int transA = CUBLAS_OP_N;
  private int transB = CUBLAS_OP_N;
  private int lda;
  private int ldb;
  private int ldc;
  private int in = F32;
  private int out = F32;
  private int compute = COMPUTE;
  private Pointer alpha = CublasLab.scalar(1);
  private Pointer beta = CublasLab.scalar(0);

  GemmCall(CublasLab lab, int m, int n, int k) {
    this.lab = lab;
    this.m = m;
    this.n = n;
    this.k = k;
    apart(m, k, m);
  }

  GemmCall transposed(boolean left, boolean right) {
    return operations(left ? CUBLAS_OP_T : CUBLAS_OP_N, right ? CUBLAS_OP_T : CUBLAS_OP_N);
  }

  GemmCall operations(int left, int right) {
    transA = left;
    transB = right;
    return this;
  }

  /** Elements from column to column of each matrix. */
  GemmCall apart(int ofA, int ofB, int ofC) {
    lda = ofA;
    ldb = ofB;
    ldc = ofC;
    return this;
  }

  GemmCall types(DType factors, DType result) {
    return types(type(factors), type(result));
  }

  GemmCall types(int factors, int result) {
    in = factors;
    out = result;
    return this;
  }

  GemmCall scaled(Pointer byAlpha, Pointer byBeta) {
    alpha = byAlpha;
    beta = byBeta;
    return this;
  }

  GemmCall scaled(float byAlpha, float byBeta) {
    return scaled(CublasLab.scalar(byAlpha), CublasLab.scalar(byBeta));
  }

  GemmCall computing(int type) {
    compute = type;
    return this;
  }

  /** The status of the call. */
  int run() {
    return cublasGemmEx_new(
        lab.handle,
        transA,
        transB,
        m,
        n,
        k,
        alpha,
        lab.a,
        in,
        lda,
        lab.b,
        in,
        ldb,
        beta,
        lab.c,
        out,
        ldc,
        compute,
        ALGORITHM);
  }

  /** The status of a call for {@code count} products, whose matrices are so many elements apart. */
  int runBatch(int count, int strideA, int strideB, int strideC) {
    return cublasGemmStridedBatchedEx_new(
        lab.handle,
        transA,
        transB,
        m,
        n,
        k,
        alpha,
        lab.a,
        in,
        lda,
        strideA,
        lab.b,
        in,
        ldb,
        strideB,
        beta,
        lab.c,
        out,
        ldc,
        strideC,
        count,
        compute,
        ALGORITHM);
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F16 -> cudaDataType.CUDA_R_16F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
      case I32, F64 -> throw new AssertionError(dtype);
    };
  }
}
