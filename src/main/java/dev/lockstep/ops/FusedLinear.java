package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer with bias, activation and residual in one kernel, and its three gradients. M rows
 * go in (all extents of x but the last), K wide, and come out N wide. Tensors are f32, f16 or bf16,
 * all alike; weight gradients are f32. Products accumulate in fp32 and are rounded once; how those
 * of f32 tensors multiply is a {@link MatrixPrecision}.
 */
public final class FusedLinear {
  private final GemmFamily forward;
  private final GemmFamily backwardInput;
  private final GemmFamily backwardWeight;
  private final KernelFamily backwardBias;
  private final MatrixPrecision precision;
  private final @Nullable GemmTile forced;
  private final Operands operands = new Operands();

  /** Products of f32 tensors are those of {@link MatrixPrecision#FP32}. */
  public FusedLinear(KernelLibrary library) {
    this(library, MatrixPrecision.FP32);
  }

  public FusedLinear(KernelLibrary library, MatrixPrecision precision) {
    this(library, precision, null);
  }

  /**
   * With every product in tiles of one size, whatever its shape: to measure what a tile costs.
   *
   * @param forced that {@linkplain GemmTile#takes takes} the storage type; null leaves the choice
   *     to the shape
   */
  public FusedLinear(KernelLibrary library, MatrixPrecision precision, @Nullable GemmTile forced) {
    this.precision = precision;
    this.forced = forced;
    forward = new GemmFamily(library, "linear", "linear_forward", precision);
    backwardInput = new GemmFamily(library, "linear", "linear_backward_input", precision);
    backwardWeight = new GemmFamily(library, "linear", "linear_backward_weight", precision);
    backwardBias = new KernelFamily(library, "linear", "linear_backward_bias");
  }

  /** {@link #forward} with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope. */
  public void forward(
      Stream stream,
      Tensor out,
      @Nullable Tensor preActivation,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Activation activation) {
    forward(
        stream,
        out,
        preActivation,
        x,
        weight,
        bias,
        residual,
        activation,
        Activation.DEFAULT_SLOPE);
  }

  /**
   * z = x · weightᵀ + bias, rounded; out = activation(z) + residual, rounded.
   *
   * @param out [M, N], overwritten
   * @param preActivation [M, N], overwritten with z, which {@link Activations#backward} needs
   * @param x [M, K]
   * @param weight [N, K]
   * @param bias [N]
   * @param residual [M, N]
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   */
  public void forward(
      Stream stream,
      Tensor out,
      @Nullable Tensor preActivation,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Activation activation,
      float slope) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = weight.shape().rows();
    GemmTile tile = or(GemmTile.of(dtype, precision, n, k));
    operands
        .begin(forward.of(tile, dtype))
        .output("out", out, dtype, m, n)
        .optionalOutput("preActivation", preActivation, dtype, m, n)
        .input("x", x, dtype, m, k)
        .input("weight", weight, dtype, n, k)
        .optionalInput("bias", bias, dtype, n)
        .optionalInput("residual", residual, dtype, m, n)
        .int64(m)
        .int64(n)
        .int64(k)
        .int32(activation.code())
        .float32(slope)
        .checked()
        .launch(stream, GemmLaunch.of(tile, m, n).launch());
  }

  /**
   * dX = dY · weight.
   *
   * @param dX [M, K], overwritten
   * @param dY [M, N], the gradient of z
   * @param weight [N, K]
   */
  public void backwardInput(Stream stream, Tensor dX, Tensor dY, Tensor weight) {
    launchBackwardInput(stream, dX, dY, weight, null, null, null, Activation.NONE, 0);
  }

  /**
   * {@link #backwardInput(Stream, Tensor, Tensor, Tensor, Tensor, Activation, float)} with {@link
   * Activation#DEFAULT_SLOPE}, should the activation have a slope.
   */
  public void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      Tensor preActivation,
      Activation activation) {
    backwardInput(stream, dX, dY, weight, preActivation, activation, Activation.DEFAULT_SLOPE);
  }

  /**
   * dX = (dY · weight) · activation′(preActivation): of a layer whose x is {@code
   * activation(preActivation)}, the gradient of what went into the activation. The product is
   * rounded before it meets the derivative, so that the bits are those of {@link
   * #backwardInput(Stream, Tensor, Tensor, Tensor)} and {@link Activations#backward} after it.
   *
   * @param dX [M, K], overwritten
   * @param dY [M, N], the gradient of z
   * @param weight [N, K]
   * @param preActivation [M, K], as the layer below kept it
   * @param activation that of the layer below
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   */
  public void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      Tensor preActivation,
      Activation activation,
      float slope) {
    launchBackwardInput(stream, dX, dY, weight, null, null, preActivation, activation, slope);
  }

  /**
   * dX = dY · weight + dY2 · weight2, summed in fp32 and rounded once: the input gradient of two
   * layers that read the same x, such as gate and up.
   *
   * @param dX [M, K], overwritten
   * @param dY [M, N]
   * @param weight [N, K]
   * @param dY2 [M, N]
   * @param weight2 [N, K]
   */
  public void backwardInput(
      Stream stream, Tensor dX, Tensor dY, Tensor weight, Tensor dY2, Tensor weight2) {
    launchBackwardInput(stream, dX, dY, weight, dY2, weight2, null, Activation.NONE, 0);
  }

  private void launchBackwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      @Nullable Tensor dY2,
      @Nullable Tensor weight2,
      @Nullable Tensor preActivation,
      Activation activation,
      float slope) {
    DType dtype = dY.dtype();
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long k = weight.shape().cols();
    GemmTile tile = or(GemmTile.of(dtype, precision, k, n));
    operands
        .begin(backwardInput.of(tile, dtype))
        .output("dX", dX, dtype, m, k)
        .input("dY", dY, dtype, m, n)
        .input("weight", weight, dtype, n, k)
        .optionalInput("dY2", dY2, dtype, m, n)
        .optionalInput("weight2", weight2, dtype, n, k)
        .optionalInput("preActivation", preActivation, dtype, m, k)
        .int64(m)
        .int64(n)
        .int64(k)
        .int32(activation.code())
        .float32(slope)
        .checked()
        .launch(stream, GemmLaunch.of(tile, m, k).launch());
  }

  /**
   * dWeight += dYᵀ · x.
   *
   * @param dWeight [N, K], f32, accumulated into
   * @param dY [M, N], the gradient of z
   * @param x [M, K]
   */
  public void backwardWeight(Stream stream, Tensor dWeight, Tensor dY, Tensor x) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = dY.shape().cols();
    GemmTile tile = or(GemmTile.ofWeight(dtype, precision, n, k, m));
    operands
        .begin(backwardWeight.of(tile, dtype))
        .output("dWeight", dWeight, DType.F32, n, k)
        .input("dY", dY, dtype, m, n)
        .input("x", x, dtype, m, k)
        .int64(m)
        .int64(n)
        .int64(k)
        .checked()
        .launch(stream, GemmLaunch.of(tile, n, k).launch());
  }

  /**
   * dBias += the sum of dY over its rows, in a fixed order.
   *
   * @param dBias [N], f32, accumulated into
   * @param dY [M, N], the gradient of z
   */
  public void backwardBias(Stream stream, Tensor dBias, Tensor dY) {
    DType dtype = dY.dtype();
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    operands
        .begin(backwardBias.of(dtype))
        .output("dBias", dBias, DType.F32, n)
        .input("dY", dY, dtype, m, n)
        .int64(m)
        .int64(n)
        .checked()
        .launch(stream, ColumnLaunch.of(n).launch());
  }

  private GemmTile or(GemmTile chosen) {
    return forced == null ? chosen : forced;
  }
}
