package dev.lockstep.ops;

import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LayerNorm#backward} and {@link RmsNorm#backward} are asked for: begin with {@link
 * #of} and add what is wanted. Every tensor is f32, f16 or bf16, each on its own; statistics and
 * the gradients of weight and bias are f32.
 *
 * @param dX [rows, cols], overwritten with the gradient of s: that of x and of the residual; may be
 *     dY, dSum or x itself
 * @param dWeight [cols], f32
 * @param dBias [cols], f32; LayerNorm's alone
 * @param workspace f32, of the op's {@code workspaceShape} or larger; needed when dWeight or dBias
 *     is wanted
 * @param dY [rows, cols], the gradient of y; may be one row repeated
 * @param dSum [rows, cols], the gradient of s from its other use, added to dX
 * @param x [rows, cols], what was normalised: {@code sum} where there was a residual
 * @param weight [cols], as in forward
 * @param mean [rows], from forward; LayerNorm's alone, which needs it
 * @param rstd [rows], from forward
 * @param weightOffset as in forward
 * @param accumulate whether dWeight and dBias are added to, not overwritten
 */
public record NormBackward(
    Rows dX,
    @Nullable Tensor dWeight,
    @Nullable Tensor dBias,
    @Nullable Tensor workspace,
    Rows dY,
    @Nullable Rows dSum,
    Rows x,
    @Nullable Tensor weight,
    @Nullable Tensor mean,
    Tensor rstd,
    float weightOffset,
    boolean accumulate) {
  /** The gradient of x alone. */
  public static NormBackward of(Rows dX, Rows dY, Rows x, Tensor rstd) {
    return new NormBackward(dX, null, null, null, dY, null, x, null, null, rstd, 0, true);
  }

  /** The gradient of x alone, of dense tensors. */
  public static NormBackward of(Tensor dX, Tensor dY, Tensor x, Tensor rstd) {
    return of(Rows.of(dX), Rows.of(dY), Rows.of(x), rstd);
  }

  /** With the mean LayerNorm kept. */
  public NormBackward mean(Tensor mean) {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, weightOffset, accumulate);
  }

  /** With the weight of forward, unless that was null. */
  public NormBackward weight(@Nullable Tensor weight) {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, weightOffset, accumulate);
  }

  /** The weight is stored as its distance from 1. */
  public NormBackward unitOffset() {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, 1, accumulate);
  }

  /** Adds the gradient of s from its other use, unless that is null. */
  public NormBackward dSum(@Nullable Rows dSum) {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, weightOffset, accumulate);
  }

  /** Adds the gradient of s from its other use, unless that is null. */
  public NormBackward dSum(@Nullable Tensor dSum) {
    return dSum(dSum == null ? null : Rows.of(dSum));
  }

  /** Adds the gradients of weight and bias to what these hold; either may be null. */
  public NormBackward gradients(
      @Nullable Tensor dWeight, @Nullable Tensor dBias, @Nullable Tensor workspace) {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, weightOffset, accumulate);
  }

  /** Overwrites dWeight and dBias. */
  public NormBackward overwriting() {
    return new NormBackward(
        dX, dWeight, dBias, workspace, dY, dSum, x, weight, mean, rstd, weightOffset, false);
  }
}
