package dev.lockstep.cuda.standin;

import jcuda.driver.CUresult;

/**
 * D = finish(α · op(A) · op(B) + β · C), summed in double precision and rounded once. With β = 0, C
 * is not read: it may hold anything.
 *
 * @param transposeA whether op(A) is Aᵀ
 * @param inTf32 whether factors are first rounded to TF32
 */
record Gemm(
    boolean transposeA,
    boolean transposeB,
    ColumnMajor a,
    ColumnMajor b,
    ColumnMajor c,
    ColumnMajor d,
    int depth,
    Factor alpha,
    Factor beta,
    boolean inTf32,
    Epilogue finish) {
  /** A factor: on the host it was read when the call was made, on the device it is read later. */
  @FunctionalInterface
  interface Factor {
    float on(StandInGpu gpu);
  }

  /** What happens to a sum before it is rounded. */
  @FunctionalInterface
  interface Epilogue {
    double apply(int row, int col, double sum);
  }

  /** Nothing happens. */
  static final Epilogue NONE = (row, col, sum) -> sum;

  /** To be called while work runs. What it cannot reach breaks the context, as on a GPU. */
  void on(StandInGpu gpu) {
    try {
      multiply(gpu);
    } catch (DriverError e) {
      // The context knows, and answers every later call with it.
      assert e.code == CUresult.CUDA_ERROR_ILLEGAL_ADDRESS : e.code;
    }
  }

  private void multiply(StandInGpu gpu) {
    int rows = d.rows();
    int cols = d.cols();
    if (rows == 0 || cols == 0) {
      return;
    }
    double times = alpha.on(gpu);
    double plus = beta.on(gpu);
    double[] sums = new double[rows * cols];
    if (times != 0 && depth > 0) {
      // Both with the depth running fastest.
      float[] left = factors(a.read(gpu), rows, !transposeA);
      float[] right = factors(b.read(gpu), cols, transposeB);
      for (int col = 0; col < cols; col++) {
        for (int row = 0; row < rows; row++) {
          sums[col * rows + row] = times * dot(left, row * depth, right, col * depth);
        }
      }
    }
    if (plus != 0) {
      float[] before = c.read(gpu);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += plus * before[i];
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] = finish.apply(i % rows, i / rows, sums[i]);
    }
    d.write(gpu, sums);
  }

  private double dot(float[] left, int l, float[] right, int r) {
    double sum = 0;
    for (int i = 0; i < depth; i++) {
      sum += (double) left[l + i] * right[r + i];
    }
    return sum;
  }

  private float[] factors(float[] columns, int width, boolean transpose) {
    float[] factors = columns;
    if (transpose) {
      factors = new float[columns.length];
      for (int at = 0; at < depth; at++) {
        for (int i = 0; i < width; i++) {
          factors[i * depth + at] = columns[at * width + i];
        }
      }
    }
    if (inTf32) {
      for (int i = 0; i < factors.length; i++) {
        factors[i] = tf32(factors[i]);
      }
    }
    return factors;
  }

  /** The nearest with 11 significant bits, ties away from zero. */
  static float tf32(float value) {
    return Float.isFinite(value)
        ? Float.intBitsToFloat((Float.floatToRawIntBits(value) + 0x1000) & ~0x1fff)
        : value;
  }
}
