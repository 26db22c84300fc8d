package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** Pointwise activations on their own. Tensors are f32, f16 or bf16, all alike, of any shape. */
public final class Activations {
  private final KernelFamily forward;
  private final KernelFamily backward;
  private final Operands operands = new Operands();

  public Activations(KernelLibrary library) {
    forward = new KernelFamily(library, "activation", "activation_forward");
    backward = new KernelFamily(library, "activation", "activation_backward");
  }

  /**
   * y = activation(x).
   *
   * @param y overwritten
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   */
  public void forward(Stream stream, Tensor y, Tensor x, Activation activation, float slope) {
    DType dtype = x.dtype();
    long n = x.count();
    operands
        .begin(forward.of(dtype))
        .output("y", y, dtype, n)
        .input("x", x, dtype, n)
        .int64(n)
        .int32(activation.code())
        .float32(slope)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }

  /** {@link #forward} with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope. */
  public void forward(Stream stream, Tensor y, Tensor x, Activation activation) {
    forward(stream, y, x, activation, Activation.DEFAULT_SLOPE);
  }

  /**
   * dX = dY · activation′(x).
   *
   * @param dX overwritten; may be dY itself
   * @param dY the gradient of y
   * @param x what went into forward: the pre-activation
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   */
  public void backward(
      Stream stream, Tensor dX, Tensor dY, Tensor x, Activation activation, float slope) {
    DType dtype = x.dtype();
    long n = x.count();
    operands
        .begin(backward.of(dtype))
        .replacing("dX", dX, dtype, n)
        .replaceable("dY", dY, dtype, n)
        .input("x", x, dtype, n)
        .int64(n)
        .int32(activation.code())
        .float32(slope)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }

  /**
   * {@link #backward} with {@link Activation#DEFAULT_SLOPE}, should the activation have a slope.
   */
  public void backward(Stream stream, Tensor dX, Tensor dY, Tensor x, Activation activation) {
    backward(stream, dX, dY, x, activation, Activation.DEFAULT_SLOPE);
  }
}
