package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer with bias, activation and residual in one kernel, and its three gradients. M rows
 * go in (all extents of x but the last), K wide, and come out N wide. Tensors are f32, f16 or bf16,
 * all alike; weight gradients are f32. Products accumulate in fp32 and are rounded once; how those
 * of f32 tensors multiply is a {@link MatrixPrecision}.
 *
 * <p>Tensors may be without elements ({@link Shape#possiblyEmpty}). A sum of no terms is 0: what
 * remains is the bias, the activation and the residual, or gradients of 0. Of a result without
 * elements nothing is launched, nor where nothing is added to a gradient that is accumulated.
 */
public final class FusedLinear {
  private final GemmFamily forward;
  private final InputGradientKernel backwardInput;
  private final GemmFamily backwardWeight;
  private final LazyKernel weightSum;
  private final ColumnSums backwardBias;
  private final MatrixPrecision precision;
  private final @Nullable GemmTile forced;
  private final @Nullable LibraryLinear elsewhere;
  private final Operands operands = new Operands();
  private final Operands ofSum = new Operands();

  /** Products of f32 tensors are those of {@link MatrixPrecision#FP32}. */
  public FusedLinear(KernelLibrary library) {
    this(library, MatrixPrecision.FP32);
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public FusedLinear(KernelLibrary library, MatrixPrecision precision) {
    this(library, precision, (GemmTile) null);
  }

  /**
   * With another {@link MatrixEngine}.
   *
   * @throws IllegalArgumentException when the device has none, or it has no such precision
   */
  public FusedLinear(KernelLibrary library, MatrixPrecision precision, MatrixEngine engine) {
    this(library, precision, null, engine);
  }

  /**
   * With every product in tiles of one size, whatever its shape: to measure what a tile costs.
   *
   * @param forced that {@linkplain GemmTile#takes takes} the storage type; null leaves the choice
   *     to the shape
   */
  public FusedLinear(KernelLibrary library, MatrixPrecision precision, @Nullable GemmTile forced) {
    this(library, precision, forced, MatrixEngine.OWN);
  }

  private FusedLinear(
      KernelLibrary library,
      MatrixPrecision precision,
      @Nullable GemmTile forced,
      MatrixEngine engine) {
    elsewhere = engine == MatrixEngine.OWN ? null : new LibraryLinear(library, precision);
    this.precision = precision;
    this.forced = forced;
    forward = new GemmFamily(library, "linear", "linear_forward", precision);
    backwardInput = new InputGradientKernel(library, precision, forced);
    backwardWeight = new GemmFamily(library, "linear", "linear_backward_weight", precision);
    weightSum = new LazyKernel(library, "linear", "linear_backward_weight_sum_f32");
    backwardBias = new ColumnSums(library);
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

  /** {@link #forward} without a scale. */
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
    forward(
        stream,
        out,
        preActivation,
        x,
        weight,
        bias,
        residual,
        activation,
        slope,
        /* scale= */ null);
  }

  /**
   * z = scale · (x · weightᵀ) + bias, rounded; out = activation(z) + residual, rounded.
   *
   * <p>With preActivation this is the form for training. Without, it writes nothing but out: the
   * form for inference, and for training that computes z again when backward needs it, by this same
   * method with {@link Activation#NONE}.
   *
   * @param out [M, N], overwritten
   * @param preActivation [M, N], overwritten with z, which {@link Activations#backward} needs
   * @param x [M, K]
   * @param weight [N, K]
   * @param bias [N]
   * @param residual [M, N]
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   * @param scale one f32 in device memory, for operands that were scaled; 1 where there is none
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
      float slope,
      @Nullable Tensor scale) {
    if (elsewhere != null) {
      elsewhere.forward(
          stream, out, preActivation, x, weight, bias, residual, activation, slope, scale);
      return;
    }
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = weight.shape().rows();
    GemmTile tile = or(GemmTile.of(dtype, precision, n, k));
    operands
        .begin(forward.of(tile, dtype))
        .possiblyEmpty()
        .output("out", out, dtype, m, n)
        .optionalOutput("preActivation", preActivation, dtype, m, n)
        .input("x", x, dtype, m, k)
        .input("weight", weight, dtype, n, k)
        .optionalInput("bias", bias, dtype, n)
        .optionalInput("residual", residual, dtype, m, n)
        .optionalInput("scale", scale, DType.F32, 1)
        .int64(m)
        .int64(n)
        .int64(k)
        .int32(activation.code())
        .float32(slope)
        .checked();
    if (m > 0 && n > 0) {
      operands.launch(stream, GemmLaunch.of(tile, m, n).launch());
    }
  }

  /**
   * dX = dY · weight.
   *
   * @param dX [M, K], overwritten
   * @param dY [M, N], the gradient of z
   * @param weight [N, K]
   */
  public void backwardInput(Stream stream, Tensor dX, Tensor dY, Tensor weight) {
    if (elsewhere != null) {
      elsewhere.backwardInput(stream, dX, dY, weight);
      return;
    }
    backwardInput.begin().launch(stream, "dX", dX, dY, weight);
  }

  /**
   * dX = scale · (dY · weight).
   *
   * @param scale one f32 in device memory
   */
  public void backwardInput(Stream stream, Tensor dX, Tensor dY, Tensor weight, Tensor scale) {
    if (elsewhere != null) {
      elsewhere.backwardInput(stream, dX, dY, weight, scale);
      return;
    }
    backwardInput.begin().scaled(scale).launch(stream, "dX", dX, dY, weight);
  }

  /**
   * {@link #backwardInput(Stream, Tensor, Tensor, Tensor, Tensor, Activation, float, BiasGradient)}
   * with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope, and no bias.
   */
  public void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      Tensor preActivation,
      Activation activation) {
    backwardInput(
        stream, dX, dY, weight, preActivation, activation, Activation.DEFAULT_SLOPE, null);
  }

  /**
   * dX = (dY · weight) · activation′(preActivation): of a layer whose x is {@code
   * activation(preActivation)}, the gradient of what went into the activation. The product is
   * rounded before it meets the derivative, so that the bits are those of {@link
   * #backwardInput(Stream, Tensor, Tensor, Tensor)} and {@link Activations#backward} after it. And
   * the bias's gradient of the layer below: dBias += the sums of dX over its rows.
   *
   * @param dX [M, K], overwritten; may be preActivation itself
   * @param dY [M, N], the gradient of z
   * @param weight [N, K]
   * @param preActivation [M, K], as the layer below kept it; left out where it has no activation
   * @param activation that of the layer below
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   * @param bias of the layer below; dBias [K]
   */
  public void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      @Nullable Tensor preActivation,
      Activation activation,
      float slope,
      @Nullable BiasGradient bias) {
    if (preActivation == null && activation != Activation.NONE) {
      throw new IllegalArgumentException(
          "linear_backward_input: preActivation is missing; activation %s needs it"
              .formatted(activation.label()));
    }
    if (elsewhere != null) {
      elsewhere.backwardInput(stream, dX, dY, weight, preActivation, activation, slope, bias);
      return;
    }
    backwardInput.begin().summed(bias, null);
    if (preActivation != null) {
      backwardInput.below(preActivation, activation, slope);
    }
    backwardInput.launch(stream, "dX", dX, dY, weight);
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
    if (elsewhere != null) {
      elsewhere.backwardInput(stream, dX, dY, weight, dY2, weight2);
      return;
    }
    backwardInput.begin().and(dY2, weight2).launch(stream, "dX", dX, dY, weight);
  }

  /**
   * dWeight += dYᵀ · x, the sum taken as a whole: {@link #backwardWeight(Stream, Tensor, Tensor,
   * Tensor, Tensor)} without a workspace, and with the bits it has where it needs none.
   *
   * @param dWeight [N, K], f32, accumulated into
   * @param dY [M, N], the gradient of z
   * @param x [M, K]
   */
  public void backwardWeight(Stream stream, Tensor dWeight, Tensor dY, Tensor x) {
    if (elsewhere != null) {
      elsewhere.backwardWeight(stream, dWeight, dY, x);
      return;
    }
    long rows = x.shape().rows();
    GemmTile tile =
        or(GemmTile.ofWeight(x.dtype(), precision, dY.shape().cols(), x.shape().cols(), rows));
    backwardWeight(stream, dWeight, dY, x, null, new WeightParts(tile, 1, rows));
  }

  /**
   * dWeight += dYᵀ · x. Where the weight is small and rows are many ({@link WeightParts}), the sum
   * is taken in parts side by side, which are then added up in ascending order.
   *
   * @param dWeight [N, K], f32, accumulated into
   * @param dY [M, N], the gradient of z
   * @param x [M, K]
   * @param workspace f32, of {@link WeightParts#workspaceBytes} or larger, overwritten; may be left
   *     out where that is 0
   */
  public void backwardWeight(
      Stream stream, Tensor dWeight, Tensor dY, Tensor x, @Nullable Tensor workspace) {
    if (elsewhere != null) {
      elsewhere.backwardWeight(stream, dWeight, dY, x);
      return;
    }
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = dY.shape().cols();
    WeightParts parts =
        forced == null
            ? WeightParts.of(dtype, precision, n, k, m)
            : WeightParts.in(forced, n, k, m);
    backwardWeight(stream, dWeight, dY, x, workspace, parts);
  }

  private void backwardWeight(
      Stream stream,
      Tensor dWeight,
      Tensor dY,
      Tensor x,
      @Nullable Tensor workspace,
      WeightParts parts) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = dY.shape().cols();
    operands
        .begin(backwardWeight.of(parts.tile(), dtype))
        .possiblyEmpty()
        .output("dWeight", dWeight, DType.F32, n, k);
    Shape inParts = Shape.possiblyEmpty(parts.count(), n, k);
    Tensor sums = operands.workspace(workspace, inParts, parts.count() > 1);
    operands
        .optionalOutput("workspace", sums, DType.F32, parts.count() * n, k)
        .input("dY", dY, dtype, m, n)
        .input("x", x, dtype, m, k)
        .int64(m)
        .int64(n)
        .int64(k)
        .int64(parts.rows())
        .checked();
    if (m == 0 || n == 0 || k == 0) {
      return;
    }
    operands.launch(stream, parts.launch(n, k));
    if (sums != null) {
      ofSum
          .begin(weightSum.get())
          .output("dWeight", dWeight, DType.F32, n, k)
          .input("workspace", sums, DType.F32, parts.count() * n, k)
          .int64(parts.count())
          .int64(n * k)
          .checked()
          .launch(stream, WeightParts.sumLaunch(n * k));
    }
  }

  /**
   * dBias += the sum of dY over its rows, in a fixed order.
   *
   * @param dBias [N], f32, accumulated into
   * @param dY [M, N], the gradient of z
   */
  public void backwardBias(Stream stream, Tensor dBias, Tensor dY) {
    backwardBias.prepare(dBias, "dY", dY).launch(stream);
  }

  private GemmTile or(GemmTile chosen) {
    return forced == null ? chosen : forced;
  }
}
