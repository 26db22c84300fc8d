package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The product {@code dY · weight} and what may follow it on the chip. The methods before {@link
 * #launch} say what does; without any of them it is the product alone.
 */
final class InputGradientKernel {
  private final GemmFamily product;
  private final MatrixPrecision precision;
  private final @Nullable GemmTile forced;
  private final ColumnSums biasSums;
  private final ColumnSums upBiasSums;
  private final Operands operands = new Operands();
  private @Nullable Tensor dY2;
  private @Nullable Tensor weight2;
  private @Nullable Tensor preActivation;
  private Activation activation = Activation.NONE;
  private float slope;
  private @Nullable Tensor up;
  private @Nullable Tensor dUp;
  private @Nullable Tensor h;
  private @Nullable BiasGradient bias;
  private @Nullable BiasGradient upBias;
  private @Nullable Tensor scale;

  InputGradientKernel(KernelLibrary library, MatrixPrecision precision, @Nullable GemmTile forced) {
    this.precision = precision;
    this.forced = forced;
    product = new GemmFamily(library, "linear", "linear_backward_input", precision);
    biasSums = new ColumnSums(library);
    upBiasSums = new ColumnSums(library);
  }

  /** Starts the description of a launch. */
  InputGradientKernel begin() {
    dY2 = null;
    weight2 = null;
    preActivation = null;
    activation = Activation.NONE;
    slope = 0;
    up = null;
    dUp = null;
    h = null;
    bias = null;
    upBias = null;
    scale = null;
    return this;
  }

  /** A second product, added before anything is rounded. */
  InputGradientKernel and(Tensor gradient, Tensor weight) {
    dY2 = gradient;
    weight2 = weight;
    return this;
  }

  /** The rounded product times activation′(preActivation). */
  InputGradientKernel below(Tensor preActivation, Activation activation, float slope) {
    this.preActivation = preActivation;
    this.activation = activation;
    this.slope = slope;
    return this;
  }

  /** The other factor of what the activation is a factor of, the gate. */
  InputGradientKernel gated(Tensor up, Tensor dUp, @Nullable Tensor h) {
    this.up = up;
    this.dUp = dUp;
    this.h = h;
    return this;
  }

  /** Sums of the columns of dX and dUp. */
  InputGradientKernel summed(@Nullable BiasGradient ofDx, @Nullable BiasGradient ofDUp) {
    bias = ofDx;
    upBias = ofDUp;
    return this;
  }

  /** A factor of the product, from device memory. */
  InputGradientKernel scaled(@Nullable Tensor scale) {
    this.scale = scale;
    return this;
  }

  void launch(Stream stream, String name, Tensor dX, Tensor dY, Tensor weight) {
    DType dtype = dY.dtype();
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long k = weight.shape().cols();
    GemmTile tile = forced == null ? GemmTile.of(dtype, precision, k, n) : forced;
    Shape sums = BiasGradient.sums(tile, m, k);
    operands
        .begin(product.of(tile, dtype))
        .possiblyEmpty()
        .replacing(name, dX, dtype, m, k)
        .optionalReplacing("dUp", dUp, dtype, m, k)
        .optionalOutput("h", h, dtype, m, k);
    partials("workspace", bias, sums, biasSums);
    partials("workspace of up", upBias, sums, upBiasSums);
    operands
        .input("dY", dY, dtype, m, n)
        .input("weight", weight, dtype, n, k)
        .optionalInput("dY2", dY2, dtype, m, n)
        .optionalInput("weight2", weight2, dtype, n, k)
        .optionalReplaceable(up == null ? "preActivation" : "gate", preActivation, dtype, m, k)
        .optionalReplaceable("up", up, dtype, m, k)
        .optionalInput("scale", scale, DType.F32, 1)
        .int64(m)
        .int64(n)
        .int64(k)
        .int32(activation.code())
        .float32(slope)
        .checked();
    if (m == 0 || k == 0) {
      return;
    }
    operands.launch(stream, GemmLaunch.of(tile, m, k).launch());
    if (bias != null) {
      biasSums.launch(stream);
    }
    if (upBias != null) {
      upBiasSums.launch(stream);
    }
  }

  private void partials(
      String name, @Nullable BiasGradient gradient, Shape sums, ColumnSums columnSums) {
    Tensor partials = null;
    if (gradient != null) {
      Tensor workspace = gradient.workspace();
      if (workspace == null) {
        throw operands.refuse("%s is missing; our own kernels sum a bias's gradient there", name);
      }
      partials = operands.workspace(workspace, sums, true);
    }
    operands.optionalOutput(name, partials, DType.F32, sums.rows(), sums.cols());
    if (gradient != null && partials != null) {
      columnSums.prepare(gradient.dBias(), name, partials);
    }
  }
}
