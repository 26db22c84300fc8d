package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * Layer normalisation over the last axis (Ba et al. 2016, <a
 * href="https://arxiv.org/abs/1607.06450">1607.06450</a>), with the residual addition before it
 * fused in: y = (s − mean) · rstd · weight + bias, s = x + residual rounded to storage. Each tensor
 * is f32, f16 or bf16, in rows at any distance; statistics and weight gradients are f32.
 *
 * <p>Fastest where all tensors are of one type, at addresses and distances of whole 16 bytes, up to
 * 8,192 columns: every operand is read once.
 */
public final class LayerNorm {
  private final NormOp op;

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public LayerNorm(KernelLibrary library) {
    op = new NormOp(library, "layernorm", true);
  }

  /** The f32 workspace of {@link #backward} for weight gradients: [2, blocks, cols]. */
  public static Shape workspaceShape(Shape x) {
    return Shape.of(2, NormBackwardLaunch.of(x).blocks(), x.cols());
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(Shape x) {
    return Tensor.bytes(DType.F32, workspaceShape(x));
  }

  /**
   * Normalises each row.
   *
   * @throws IllegalArgumentException before anything is launched, for shapes, types or memory that
   *     do not go together
   */
  public void forward(Stream stream, NormForward call) {
    op.forward(stream, call);
  }

  /**
   * The gradients.
   *
   * @throws IllegalArgumentException before anything is launched, for shapes, types or memory that
   *     do not go together
   */
  public void backward(Stream stream, NormBackward call) {
    op.backward(stream, call);
  }
}
