package dev.lockstep.cuda.standin;

import static dev.lockstep.cuda.standin.CublasFamily.require;

import dev.lockstep.numeric.DType;
import java.lang.foreign.MemorySegment;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;

/** Matrix products of cuBLAS: checked as it documents, then put on the handle's stream. */
final class CublasProducts {
  private final DriverState state;

  CublasProducts(DriverState state) {
    this.state = state;
  }

  @Export("cublasSgemm_v2")
  int single(
      long handle,
      int transA,
      int transB,
      int m,
      int n,
      int k,
      MemorySegment alpha,
      long a,
      int lda,
      long b,
      int ldb,
      MemorySegment beta,
      long c,
      int ldc) {
    int f32 = cudaDataType.CUDA_R_32F;
    int compute = cublasComputeType.CUBLAS_COMPUTE_32F;
    return mixed(
        handle, transA, transB, m, n, k, alpha, a, f32, lda, b, f32, ldb, beta, c, f32, ldc,
        compute, 0);
  }

  @Export("cublasGemmEx")
  int mixed(
      long handle,
      int transA,
      int transB,
      int m,
      int n,
      int k,
      MemorySegment alpha,
      long a,
      int typeA,
      int lda,
      long b,
      int typeB,
      int ldb,
      MemorySegment beta,
      long c,
      int typeC,
      int ldc,
      int compute,
      int algorithm) {
    return batched(
        handle, transA, transB, m, n, k, alpha, a, typeA, lda, 0, b, typeB, ldb, 0, beta, c, typeC,
        ldc, 0, 1, compute, algorithm);
  }

  @Export("cublasGemmStridedBatchedEx")
  int batched(
      long handle,
      int transA,
      int transB,
      int m,
      int n,
      int k,
      MemorySegment alpha,
      long a,
      int typeA,
      int lda,
      long strideA,
      long b,
      int typeB,
      int ldb,
      long strideB,
      MemorySegment beta,
      long c,
      int typeC,
      int ldc,
      long strideC,
      int batch,
      int compute,
      int algorithm) {
    StandInCublas blas = state.blas(handle);
    StandInStream stream = state.stream(blas.stream);
    boolean turnedA = transposed(transA);
    boolean turnedB = transposed(transB);
    require(m >= 0 && n >= 0 && k >= 0 && batch >= 0);
    int rowsA = turnedA ? k : m;
    int rowsB = turnedB ? n : k;
    require(lda >= Math.max(1, rowsA) && ldb >= Math.max(1, rowsB) && ldc >= Math.max(1, m));
    DType dtype = dtype(typeA);
    DType out = dtype(typeC);
    if (typeA != typeB || out != DType.F32 && out != dtype) {
      return cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
    }
    boolean inTf32 = inTf32(compute, dtype, blas);
    Gemm.Factor times = CublasFamily.factor(blas, alpha);
    Gemm.Factor plus = CublasFamily.factor(blas, beta);
    for (int i = 0; i < batch; i++) {
      ColumnMajor into = new ColumnMajor(blas.context, c, out, m, n, ldc).plus(i * strideC);
      Gemm gemm =
          new Gemm(
              turnedA,
              turnedB,
              new ColumnMajor(blas.context, a, dtype, rowsA, turnedA ? m : k, lda)
                  .plus(i * strideA),
              new ColumnMajor(blas.context, b, dtype, rowsB, turnedB ? k : n, ldb)
                  .plus(i * strideB),
              into,
              into,
              k,
              times,
              plus,
              inTf32,
              Gemm.NONE);
      stream.submit(new GraphNode(GraphNode.Kind.KERNEL, gemm::on));
    }
    return cublasStatus.CUBLAS_STATUS_SUCCESS;
  }

  private static boolean transposed(int operation) {
    require(operation >= cublasOperation.CUBLAS_OP_N && operation <= cublasOperation.CUBLAS_OP_C);
    return operation != cublasOperation.CUBLAS_OP_N;
  }

  /** The storage types of fp32 sums; what cuBLAS has besides is refused. */
  static DType dtype(int type) {
    return switch (type) {
      case cudaDataType.CUDA_R_32F -> DType.F32;
      case cudaDataType.CUDA_R_16F -> DType.F16;
      case cudaDataType.CUDA_R_16BF -> DType.BF16;
      default -> throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
    };
  }

  /** Refuses compute types that do not sum in fp32, or are not for that storage type. */
  private static boolean inTf32(int compute, DType dtype, StandInCublas blas) {
    return switch (compute) {
      case cublasComputeType.CUBLAS_COMPUTE_32F -> dtype == DType.F32 && CublasFamily.inTf32(blas);
      case cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC -> false;
      case cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32 -> {
        if (dtype != DType.F32) {
          throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
        }
        yield true;
      }
      default -> throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
    };
  }
}
