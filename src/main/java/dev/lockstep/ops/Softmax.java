package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/**
 * Softmax over the last axis, or its logarithm; tensors are f32, f16 or bf16, all alike. For a loss
 * take {@link SoftmaxCrossEntropy}, which stores neither.
 */
public final class Softmax {
  private final KernelFamily forward;
  private final KernelFamily backward;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Softmax(KernelLibrary library) {
    forward = new KernelFamily(library, "softmax", "softmax_forward");
    backward = new KernelFamily(library, "softmax", "softmax_backward");
  }

  /**
   * y = softmax(x), or ln softmax(x). An element of −∞ has probability 0; a row of nothing else, or
   * with +∞ or NaN in it, is NaN.
   *
   * @param y [rows, cols], overwritten; may be x itself
   * @param x [rows, cols]
   * @param log whether the logarithm is wanted
   */
  public void forward(Stream stream, Tensor y, Tensor x, boolean log) {
    DType dtype = x.dtype();
    long rows = x.shape().rows();
    long cols = x.shape().cols();
    operands
        .begin(forward.of(dtype))
        .replacing("y", y, dtype, rows, cols)
        .replaceable("x", x, dtype, rows, cols)
        .int64(rows)
        .int64(cols)
        .int32(log ? 1 : 0)
        .checked()
        .launch(stream, HeldRowLaunch.of(dtype, rows, cols).launch());
  }

  /**
   * dX = the gradient of x.
   *
   * @param dX [rows, cols], overwritten; may be dY or y itself
   * @param dY [rows, cols], the gradient of y
   * @param y [rows, cols], what forward computed
   * @param log as in forward
   */
  public void backward(Stream stream, Tensor dX, Tensor dY, Tensor y, boolean log) {
    DType dtype = dY.dtype();
    long rows = dY.shape().rows();
    long cols = dY.shape().cols();
    operands
        .begin(backward.of(dtype))
        .replacing("dX", dX, dtype, rows, cols)
        .replaceable("dY", dY, dtype, rows, cols)
        .replaceable("y", y, dtype, rows, cols)
        .int64(rows)
        .int64(cols)
        .int32(log ? 1 : 0)
        .checked()
        .launch(stream, HeldRowLaunch.of(dtype, rows, cols).launch());
  }
}
