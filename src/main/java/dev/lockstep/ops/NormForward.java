package dev.lockstep.ops;

import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LayerNorm#forward} and {@link RmsNorm#forward} are asked for: begin with {@link #of}
 * and add what is wanted. Every tensor is f32, f16 or bf16, each on its own; statistics are f32.
 *
 * @param y [rows, cols], overwritten; may be x or residual itself
 * @param sum [rows, cols], overwritten with s = x + residual, rounded to its type; what {@code
 *     backward} takes as x where there is a residual; may be x or residual itself
 * @param mean [rows], f32, overwritten; LayerNorm's alone
 * @param rstd [rows], f32, overwritten with 1/√(variance + eps), the mean of squares for RMSNorm
 * @param x [rows, cols]
 * @param residual [rows, cols], added to x; without a sum to store, s is rounded to its type
 * @param weight [cols]; 1 when absent
 * @param bias [cols]; 0 when absent; LayerNorm's alone
 * @param weightOffset added to every weight: 1 for weights stored as their distance from 1, else 0
 * @param eps finite and positive
 */
public record NormForward(
    Rows y,
    @Nullable Rows sum,
    @Nullable Tensor mean,
    @Nullable Tensor rstd,
    Rows x,
    @Nullable Rows residual,
    @Nullable Tensor weight,
    @Nullable Tensor bias,
    float weightOffset,
    float eps) {
  /** y = norm(x): no weight, no statistics kept. */
  public static NormForward of(Rows y, Rows x, float eps) {
    return new NormForward(y, null, null, null, x, null, null, null, 0, eps);
  }

  /** y = norm(x) of dense tensors. */
  public static NormForward of(Tensor y, Tensor x, float eps) {
    return of(Rows.of(y), Rows.of(x), eps);
  }

  /** The same of x + residual, which is stored in {@code sum}; either may be null. */
  public NormForward residual(@Nullable Rows residual, @Nullable Rows sum) {
    return new NormForward(y, sum, mean, rstd, x, residual, weight, bias, weightOffset, eps);
  }

  /** The same of x + residual, which is stored in {@code sum}; either may be null. */
  public NormForward residual(@Nullable Tensor residual, @Nullable Tensor sum) {
    return residual(residual == null ? null : Rows.of(residual), sum == null ? null : Rows.of(sum));
  }

  /** Times a weight, unless that is null. */
  public NormForward weight(@Nullable Tensor weight) {
    return new NormForward(y, sum, mean, rstd, x, residual, weight, bias, weightOffset, eps);
  }

  /** Plus a bias, unless that is null. */
  public NormForward bias(@Nullable Tensor bias) {
    return new NormForward(y, sum, mean, rstd, x, residual, weight, bias, weightOffset, eps);
  }

  /** The weight is stored as its distance from 1. */
  public NormForward unitOffset() {
    return new NormForward(y, sum, mean, rstd, x, residual, weight, bias, 1, eps);
  }

  /** Keeps the statistics that backward needs; mean is LayerNorm's alone. */
  public NormForward statistics(@Nullable Tensor mean, @Nullable Tensor rstd) {
    return new NormForward(y, sum, mean, rstd, x, residual, weight, bias, weightOffset, eps);
  }
}
