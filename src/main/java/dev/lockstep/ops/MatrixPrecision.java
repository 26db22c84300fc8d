package dev.lockstep.ops;

/**
 * How matrix products of f32 tensors multiply; those of f16 and bf16 always multiply exactly, on
 * tensor cores. Tensors, sums and everything that is not a product stay fp32.
 *
 * <p>PyTorch calls the first {@code highest} and the last {@code high}. Errors are relative to the
 * sum of the magnitudes of the products.
 */
public enum MatrixPrecision {
  /** Fused multiply-adds in fp32, ascending: each product exact. The default. */
  FP32("f32"),

  /**
   * Tensor cores, three times: factors rounded to TF32, and what that cut off rounded again. A
   * product is off by less than 2⁻²⁰, which is less than sums in fp32 are. An infinite factor, or
   * one that rounds to infinity, gives NaN.
   */
  TF32X3("tf32x3"),

  /**
   * Tensor cores: factors rounded to TF32, the nearest with 11 significant bits and the exponents
   * of fp32 (ties away from zero). A factor is off by at most 2⁻¹¹, a product by 2⁻¹⁰.
   */
  TF32("tf32");

  private final String suffix;

  MatrixPrecision(String suffix) {
    this.suffix = suffix;
  }

  /** What entries that multiply f32 tensors like this have in place of the storage type. */
  String suffix() {
    return suffix;
  }
}
