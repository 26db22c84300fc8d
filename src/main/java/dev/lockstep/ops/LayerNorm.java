package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalisation over the last axis, with the residual addition before it fused in: y = (s −
 * mean) · rstd · weight + bias, s = x + residual rounded to storage. Tensors are f32, f16 or bf16,
 * all alike; statistics and weight gradients are f32.
 */
public final class LayerNorm {
  private static final String IMAGE = "layernorm";

  private final KernelFamily forward;
  private final KernelFamily backward;
  private final LazyKernel reduce;
  private final Operands operands = new Operands();
  private final Operands reduceOperands = new Operands();

  public LayerNorm(KernelLibrary library) {
    forward = new KernelFamily(library, IMAGE, "layernorm_forward");
    backward = new KernelFamily(library, IMAGE, "layernorm_backward");
    reduce = new LazyKernel(library, IMAGE, "layernorm_backward_reduce");
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
   * @param y [rows, cols], overwritten; may be x or residual itself
   * @param sum [rows, cols], overwritten with s; what {@link #backward} takes as x when there is a
   *     residual; may be x or residual itself
   * @param mean [rows], f32, overwritten
   * @param rstd [rows], f32, overwritten with 1/√(variance + eps)
   * @param x [rows, cols]
   * @param residual [rows, cols]
   * @param weight [cols]; 1 when absent
   * @param bias [cols]; 0 when absent
   * @param eps finite and positive
   */
  public void forward(
      Stream stream,
      Tensor y,
      @Nullable Tensor sum,
      Tensor mean,
      Tensor rstd,
      Tensor x,
      @Nullable Tensor residual,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      float eps) {
    DType dtype = x.dtype();
    long rows = x.shape().rows();
    long cols = x.shape().cols();
    operands
        .begin(forward.of(dtype))
        .replacing("y", y, dtype, rows, cols)
        .optionalReplacing("sum", sum, dtype, rows, cols)
        .output("mean", mean, DType.F32, rows)
        .output("rstd", rstd, DType.F32, rows)
        .replaceable("x", x, dtype, rows, cols)
        .optionalReplaceable("residual", residual, dtype, rows, cols)
        .optionalInput("weight", weight, dtype, cols)
        .optionalInput("bias", bias, dtype, cols)
        .int64(rows)
        .int64(cols)
        .epsilon(eps)
        .checked()
        .launch(stream, RowLaunch.of(rows, cols).launch());
  }

  /**
   * The gradients.
   *
   * @param dX [rows, cols], overwritten with the gradient of s: that of x and of the residual; may
   *     be dY, dSum or x itself
   * @param dWeight [cols], f32, accumulated into
   * @param dBias [cols], f32, accumulated into
   * @param workspace f32, {@link #workspaceShape}; needed when dWeight or dBias is
   * @param dY [rows, cols], the gradient of y
   * @param dSum [rows, cols], the gradient of s from its other use, added to dX
   * @param x [rows, cols], what was normalised: {@code sum} where there was a residual
   * @param weight [cols], as in forward
   * @param mean [rows], from forward
   * @param rstd [rows], from forward
   */
  public void backward(
      Stream stream,
      Tensor dX,
      @Nullable Tensor dWeight,
      @Nullable Tensor dBias,
      @Nullable Tensor workspace,
      Tensor dY,
      @Nullable Tensor dSum,
      Tensor x,
      @Nullable Tensor weight,
      Tensor mean,
      Tensor rstd) {
    DType dtype = x.dtype();
    long rows = x.shape().rows();
    long cols = x.shape().cols();
    NormBackwardLaunch launch = NormBackwardLaunch.of(x.shape());
    operands.begin(backward.of(dtype));
    Tensor partials =
        operands.workspace(workspace, workspaceShape(x.shape()), dWeight != null || dBias != null);
    operands
        .replacing("dX", dX, dtype, rows, cols)
        .optionalOutput("workspace", partials, DType.F32, 2 * launch.blocks(), cols)
        .replaceable("dY", dY, dtype, rows, cols)
        .optionalReplaceable("dSum", dSum, dtype, rows, cols)
        .replaceable("x", x, dtype, rows, cols)
        .optionalInput("weight", weight, dtype, cols)
        .input("mean", mean, DType.F32, rows)
        .input("rstd", rstd, DType.F32, rows)
        .int64(rows)
        .int64(cols)
        .int64(launch.rowsPerBlock())
        .checked();
    if (partials != null) {
      reduceOperands
          .begin(reduce.get())
          .optionalOutput("dWeight", dWeight, DType.F32, cols)
          .optionalOutput("dBias", dBias, DType.F32, cols)
          .input("workspace", partials, DType.F32, 2 * launch.blocks(), cols)
          .int64(launch.blocks())
          .int64(cols)
          .checked();
    }
    operands.launch(stream, launch.launch());
    if (partials != null) {
      reduceOperands.launch(stream, ColumnLaunch.of(cols).launch());
    }
  }
}
