package dev.lockstep.ops;

import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The passes of a linear layer by the device's library of matrix products, and our elementwise
 * kernels for what follows a product. Results are those of the fused kernels but for rounding: here
 * a product is stored, and rounded, before anything is added to it.
 */
final class LibraryLinear {
  private final MatrixProducts products;
  private final boolean tf32;
  private final BiasActivation finish;
  private final Activations activations;
  private final SwiGlu gates;
  private final ColumnSums biasSums;
  private final Operands check = new Operands();

  /**
   * @throws IllegalArgumentException when the device has no such library, or it has no such
   *     precision
   */
  LibraryLinear(KernelLibrary library, MatrixPrecision precision) {
    if (precision == MatrixPrecision.TF32X3) {
      throw new IllegalArgumentException("precision tf32x3: cuBLAS has no such products");
    }
    products = library.products();
    tf32 = precision == MatrixPrecision.TF32;
    finish = new BiasActivation(library);
    activations = new Activations(library);
    gates = new SwiGlu(library);
    biasSums = new ColumnSums(library);
  }

  /** As {@link FusedLinear#forward}, with the same operands. */
  void forward(
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
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = weight.shape().rows();
    check
        .begin("linear_forward_" + dtype.suffix())
        .output("out", out, dtype, m, n)
        .optionalOutput("preActivation", preActivation, dtype, m, n)
        .input("x", x, dtype, m, k)
        .input("weight", weight, dtype, n, k)
        .optionalInput("bias", bias, dtype, n)
        .optionalInput("residual", residual, dtype, m, n)
        .optionalInput("scale", scale, DType.F32, 1)
        .checked();
    Tensor z = preActivation == null ? out : preActivation;
    multiply(stream, z, x, false, weight, true, k, false);
    boolean plain = bias == null && residual == null && scale == null;
    if (plain && activation == Activation.NONE && preActivation == null) {
      return;
    }
    finish.forward(stream, out, preActivation, z, bias, residual, activation, slope, scale);
  }

  /** dX = dY · weight. */
  void backwardInput(Stream stream, Tensor dX, Tensor dY, Tensor weight) {
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long k = weight.shape().cols();
    beginBackward(dX, dY, weight, m, n, k).checked();
    multiply(stream, dX, dY, false, weight, false, n, false);
  }

  /** dX = scale · (dY · weight). */
  void backwardInput(Stream stream, Tensor dX, Tensor dY, Tensor weight, Tensor scale) {
    backwardInput(stream, dX, dY, weight);
    finish.forward(stream, dX, null, dX, null, null, Activation.NONE, 0, scale);
  }

  /** dX = dY · weight + dY2 · weight2; the first is rounded before the second is added. */
  void backwardInput(
      Stream stream, Tensor dX, Tensor dY, Tensor weight, Tensor dY2, Tensor weight2) {
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long k = weight.shape().cols();
    beginBackward(dX, dY, weight, m, n, k)
        .input("dY2", dY2, dY.dtype(), m, n)
        .input("weight2", weight2, dY.dtype(), n, k)
        .checked();
    multiply(stream, dX, dY, false, weight, false, n, false);
    multiply(stream, dX, dY2, false, weight2, false, n, true);
  }

  /**
   * As {@link FusedLinear#backwardInput(Stream, Tensor, Tensor, Tensor, Tensor, Activation, float,
   * BiasGradient)}, but that dX must not be preActivation itself: the product lies there before it
   * meets the derivative.
   */
  void backwardInput(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor weight,
      @Nullable Tensor preActivation,
      Activation activation,
      float slope,
      @Nullable BiasGradient bias) {
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long k = weight.shape().cols();
    beginBackward(dX, dY, weight, m, n, k)
        .optionalInput("preActivation", preActivation, dY.dtype(), m, k)
        .checked();
    if (bias != null) {
      biasSums.prepare(bias.dBias(), "dX", dX);
    }
    multiply(stream, dX, dY, false, weight, false, n, false);
    if (preActivation != null) {
      activations.backward(stream, dX, dX, preActivation, activation, slope);
    }
    if (bias != null) {
      biasSums.launch(stream);
    }
  }

  /** dWeight += dYᵀ · x. */
  void backwardWeight(Stream stream, Tensor dWeight, Tensor dY, Tensor x) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long n = dY.shape().cols();
    check
        .begin("linear_backward_weight_" + dtype.suffix())
        .output("dWeight", dWeight, DType.F32, n, k)
        .input("dY", dY, dtype, m, n)
        .input("x", x, dtype, m, k)
        .checked();
    multiply(stream, dWeight, dY, true, x, false, m, true);
  }

  /** As {@link SwiGlu#forward}, but that gate and up are needed in inference too. */
  void gatedForward(
      Stream stream,
      @Nullable Tensor h,
      @Nullable Tensor gate,
      @Nullable Tensor up,
      Tensor x,
      Tensor wGate,
      Tensor wUp,
      @Nullable Tensor bGate,
      @Nullable Tensor bUp,
      Activation activation) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long hidden = wGate.shape().rows();
    check.begin("swiglu_forward_" + dtype.suffix());
    if (gate == null || up == null) {
      throw check.refuse("gate or up is missing; matmul cublas needs both");
    }
    check
        .optionalOutput("h", h, dtype, m, hidden)
        .output("gate", gate, dtype, m, hidden)
        .output("up", up, dtype, m, hidden)
        .input("x", x, dtype, m, k)
        .input("wGate", wGate, dtype, hidden, k)
        .input("wUp", wUp, dtype, hidden, k)
        .optionalInput("bGate", bGate, dtype, hidden)
        .optionalInput("bUp", bUp, dtype, hidden)
        .checked();
    forward(stream, gate, null, x, wGate, bGate, null, Activation.NONE, 0, null);
    forward(stream, up, null, x, wUp, bUp, null, Activation.NONE, 0, null);
    if (h != null) {
      gates.gluForward(stream, h, gate, up, activation);
    }
  }

  /** As {@link SwiGlu#backward}, but that h is needed: the product lies there in between. */
  void gatedBackward(
      Stream stream,
      Tensor dGate,
      Tensor dUp,
      @Nullable Tensor h,
      Tensor dY,
      Tensor wDown,
      Tensor gate,
      Tensor up,
      Activation activation,
      @Nullable BiasGradient gateBias,
      @Nullable BiasGradient upBias) {
    DType dtype = dY.dtype();
    long m = dY.shape().rows();
    long n = dY.shape().cols();
    long hidden = wDown.shape().cols();
    check.begin("swiglu_backward_" + dtype.suffix());
    if (h == null) {
      throw check.refuse("h is missing; matmul cublas needs its memory");
    }
    check
        .replacing("dGate", dGate, dtype, m, hidden)
        .replacing("dUp", dUp, dtype, m, hidden)
        .output("h", h, dtype, m, hidden)
        .input("dY", dY, dtype, m, n)
        .input("wDown", wDown, dtype, n, hidden)
        .replaceable("gate", gate, dtype, m, hidden)
        .replaceable("up", up, dtype, m, hidden)
        .checked();
    multiply(stream, h, dY, false, wDown, false, n, false);
    gates.gluBackward(
        stream,
        Rows.flat(dGate),
        Rows.flat(dUp),
        Rows.flat(h),
        Rows.flat(h),
        Rows.flat(gate),
        Rows.flat(up),
        Gate.of(activation));
    addBias(stream, gateBias, dGate);
    addBias(stream, upBias, dUp);
  }

  private void addBias(Stream stream, @Nullable BiasGradient bias, Tensor gradient) {
    if (bias != null) {
      biasSums.prepare(bias.dBias(), "gradient", gradient).launch(stream);
    }
  }

  private Operands beginBackward(Tensor dX, Tensor dY, Tensor weight, long m, long n, long k) {
    DType dtype = dY.dtype();
    return check
        .begin("linear_backward_input_" + dtype.suffix())
        .output("dX", dX, dtype, m, k)
        .input("dY", dY, dtype, m, n)
        .input("weight", weight, dtype, n, k);
  }

  private void multiply(
      Stream stream,
      Tensor c,
      Tensor a,
      boolean transposeA,
      Tensor b,
      boolean transposeB,
      long depth,
      boolean accumulate) {
    MatrixProduct product =
        new MatrixProduct(
            a.dtype(),
            c.dtype(),
            tf32 && a.dtype() == DType.F32,
            c.shape().rows(),
            c.shape().cols(),
            depth,
            transposeA,
            transposeB,
            accumulate);
    stream.multiply(products, product, a.address(), b.address(), c.address());
  }
}
