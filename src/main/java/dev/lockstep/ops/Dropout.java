package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Philox;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Sets each element to 0 with probability p and divides the others by 1 − p (Srivastava et al.,
 * "Dropout", JMLR 2014, scaled in training). The mask is a function of the element's index, the
 * {@link DropoutState} and the place alone, so {@link #backward} makes it again; it is the same for
 * every type, alignment and GPU. A dropped element is 0 whatever it was, NaN and infinity too.
 */
public final class Dropout {
  private static final double TWO_TO_32 = 0x1p32;

  private final KernelFamily forward;
  private final KernelFamily backward;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Dropout(KernelLibrary library) {
    forward = new KernelFamily(library, "dropout", "dropout_forward");
    backward = new KernelFamily(library, "dropout", "dropout_backward");
  }

  /**
   * Whether an element is kept, as the kernels decide it.
   *
   * @param index of the element
   * @param offset of the state at that step
   */
  public static boolean keeps(long seed, long offset, long place, float p, long index) {
    int word = new Philox(seed).word(index, offset + place);
    return Integer.compareUnsigned(word, threshold(p)) >= 0;
  }

  /** What kept elements are multiplied by: 1 / (1 − p). */
  public static float scale(float p) {
    return (float) (1 / (1 - (double) p));
  }

  /**
   * y = residual + dropout(x). With p = 0 that is x, or the sum.
   *
   * @param y any shape, overwritten; may be x or residual itself
   * @param x f32, f16 or bf16
   * @param residual as many elements; 0 when absent
   * @param state seed and offset
   * @param place tells the dropouts of one step apart: 0, 1, …
   * @param p at least 0 and below 1, a multiple of 2⁻³² or rounded to one
   */
  public void forward(
      Stream stream,
      Tensor y,
      Tensor x,
      @Nullable Tensor residual,
      DropoutState state,
      long place,
      float p) {
    DType dtype = x.dtype();
    long n = x.count();
    begin(forward.of(dtype), place, p)
        .replacing("y", y, dtype, n)
        .replaceable("x", x, dtype, n)
        .optionalReplaceable("residual", residual, dtype, n);
    launch(stream, state, n, place, p);
  }

  /**
   * dX = the gradient of x. That of the residual is dY itself.
   *
   * @param dX any shape, overwritten; may be dY itself
   * @param dY as many elements
   * @param state as forward found it: {@link DropoutState#advance} comes later
   * @param place as in forward
   * @param p as in forward
   */
  public void backward(
      Stream stream, Tensor dX, Tensor dY, DropoutState state, long place, float p) {
    DType dtype = dY.dtype();
    long n = dY.count();
    begin(backward.of(dtype), place, p)
        .replacing("dX", dX, dtype, n)
        .replaceable("dY", dY, dtype, n);
    launch(stream, state, n, place, p);
  }

  private Operands begin(Kernel kernel, long place, float p) {
    operands.begin(kernel);
    if (!(p >= 0 && p < 1)) {
      throw operands.refuse("p %s must be at least 0 and below 1", p);
    }
    if (place < 0) {
      throw operands.refuse("place %d must be at least 0", place);
    }
    return operands;
  }

  private void launch(Stream stream, DropoutState state, long n, long place, float p) {
    operands
        .input("state", state.aligned(operands), DropoutState.DTYPE, DropoutState.SHAPE.count())
        .int64(n)
        .int64(place)
        .int32(threshold(p))
        .float32(scale(p))
        .checked()
        .launch(stream, ElementwiseLaunch.of(n, ElementwiseLaunch.MANY_PER_THREAD).launch());
  }

  /** Words below this, unsigned, drop their element: p · 2³², below 2³² since p is below 1. */
  private static int threshold(float p) {
    return (int) Math.round(p * TWO_TO_32);
  }
}
