package dev.lockstep.device;

import dev.lockstep.numeric.DType;

/**
 * C = op(A) · op(B), or C += that; matrices are stored row after row without gaps, sums are fp32.
 *
 * @param in type of A and B
 * @param out type of C: that of A and B, or f32
 * @param tf32 whether f32 factors may be rounded to TF32, for tensor cores
 * @param rows of C
 * @param cols of C
 * @param depth terms of each sum
 * @param transposeA whether A is stored [depth, rows] rather than [rows, depth]
 * @param transposeB whether B is stored [cols, depth] rather than [depth, cols]
 * @param accumulate whether C is added to rather than overwritten
 */
public record MatrixProduct(
    DType in,
    DType out,
    boolean tf32,
    long rows,
    long cols,
    long depth,
    boolean transposeA,
    boolean transposeB,
    boolean accumulate) {
  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public MatrixProduct {
    if (in != DType.F32 && in != DType.F16 && in != DType.BF16) {
      throw new IllegalArgumentException("in " + in.suffix() + " must be f32, f16 or bf16");
    }
    if (out != in && out != DType.F32) {
      throw new IllegalArgumentException(
          "out " + out.suffix() + " must be " + in.suffix() + " or f32");
    }
    if (tf32 && in != DType.F32) {
      throw new IllegalArgumentException("tf32 is for f32 factors, not for " + in.suffix());
    }
    if (rows < 1 || cols < 1 || depth < 1) {
      throw new IllegalArgumentException(
          "rows %d, cols %d and depth %d must be at least 1".formatted(rows, cols, depth));
    }
  }

  /** Multiplications and additions. */
  public double flops() {
    return 2.0 * rows * cols * depth;
  }
}
