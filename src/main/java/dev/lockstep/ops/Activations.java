package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/**
 * Pointwise activations on their own. Tensors are f32, f16 or bf16, all alike, of any shape. What
 * they give at infinities: silu and gelu give NaN for −∞, as do their derivatives, so that an
 * overflow is not hidden, and ∞ and 1 for ∞.
 */
public final class Activations {
  private final KernelFamily forward;
  private final KernelFamily backward;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Activations(KernelLibrary library) {
    forward = new KernelFamily(library, "activation", "activation_forward");
    backward = new KernelFamily(library, "activation", "activation_backward");
  }

  /**
   * y = activation(x).
   *
   * @param y overwritten; may be x itself
   * @param slope of {@link Activation#LEAKY_RELU}, finite; no other activation has one
   */
  public void forward(
      Stream stream, Tensor y, Tensor x, Activation activation, float slope, Accuracy accuracy) {
    DType dtype = x.dtype();
    long n = x.count();
    operands
        .begin(forward.of(dtype))
        .replacing("y", y, dtype, n)
        .replaceable("x", x, dtype, n)
        .int64(n)
        .int32(accuracy.code(activation))
        .float32(finite(slope))
        .checked()
        .launch(stream, PointwiseLaunch.of(1, n, dtype).launch());
  }

  /** {@link #forward} that is {@link Accuracy#ACCURATE}. */
  public void forward(Stream stream, Tensor y, Tensor x, Activation activation, float slope) {
    forward(stream, y, x, activation, slope, Accuracy.ACCURATE);
  }

  /** {@link #forward} with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope. */
  public void forward(Stream stream, Tensor y, Tensor x, Activation activation) {
    forward(stream, y, x, activation, Activation.DEFAULT_SLOPE);
  }

  /**
   * dX = dY · activation′(x).
   *
   * @param dX overwritten; may be dY or x itself
   * @param dY the gradient of y
   * @param x what went into forward: the pre-activation
   * @param slope of {@link Activation#LEAKY_RELU}, finite; no other activation has one
   */
  public void backward(
      Stream stream,
      Tensor dX,
      Tensor dY,
      Tensor x,
      Activation activation,
      float slope,
      Accuracy accuracy) {
    DType dtype = x.dtype();
    long n = x.count();
    operands
        .begin(backward.of(dtype))
        .replacing("dX", dX, dtype, n)
        .replaceable("dY", dY, dtype, n)
        .replaceable("x", x, dtype, n)
        .int64(n)
        .int32(accuracy.code(activation))
        .float32(finite(slope))
        .checked()
        .launch(stream, PointwiseLaunch.of(1, n, dtype).launch());
  }

  /** {@link #backward} that is {@link Accuracy#ACCURATE}. */
  public void backward(
      Stream stream, Tensor dX, Tensor dY, Tensor x, Activation activation, float slope) {
    backward(stream, dX, dY, x, activation, slope, Accuracy.ACCURATE);
  }

  /**
   * {@link #backward} with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope.
   */
  public void backward(Stream stream, Tensor dX, Tensor dY, Tensor x, Activation activation) {
    backward(stream, dX, dY, x, activation, Activation.DEFAULT_SLOPE);
  }

  private float finite(float slope) {
    if (!Float.isFinite(slope)) {
      throw operands.refuse("slope %s must be finite", slope);
    }
    return slope;
  }
}
