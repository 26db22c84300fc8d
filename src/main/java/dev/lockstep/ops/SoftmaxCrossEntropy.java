package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of softmax(logits), loss and gradient in one pass over the logits (f32, f16 or
 * bf16). Targets are I32, one for each row; losses and statistics are f32.
 *
 * <p>The gradient carries a factor the device knows: for a mean, {@link #scale} first divides the
 * upstream gradient by the number of targets that count; for a sum, pass the upstream gradient
 * itself; for losses kept apart, pass their gradients as {@code rowGrad} and a scalar 1.
 */
public final class SoftmaxCrossEntropy {
  private static final String IMAGE = "softmax_cross_entropy";

  private final KernelFamily fused;
  private final LazyKernel scale;
  private final LazyKernel reduce;
  private final Operands operands = new Operands();

  public SoftmaxCrossEntropy(KernelLibrary library) {
    fused = new KernelFamily(library, IMAGE, "softmax_cross_entropy_fused");
    scale = new LazyKernel(library, IMAGE, "softmax_cross_entropy_scale");
    reduce = new LazyKernel(library, IMAGE, "softmax_cross_entropy_reduce");
  }

  /**
   * What loss is computed.
   *
   * @param ignoreIndex rows with this target have no loss and no gradient
   * @param labelSmoothing ε in [0, 1): the target distribution is (1−ε) at the target plus ε/cols
   *     everywhere
   * @param zLoss λ ≥ 0: λ · lse² is added to each loss, which holds the normaliser near 1
   */
  public record Options(int ignoreIndex, float labelSmoothing, float zLoss) {
    public static final int DEFAULT_IGNORE_INDEX = -100;

    public Options {
      if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
        throw new IllegalArgumentException(
            "labelSmoothing " + labelSmoothing + " must be at least 0 and below 1");
      }
      if (!(zLoss >= 0 && zLoss < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("zLoss " + zLoss + " must be finite and at least 0");
      }
    }

    /** Plain cross-entropy; target −100 is ignored. */
    public static Options defaults() {
      return new Options(DEFAULT_IGNORE_INDEX, 0, 0);
    }
  }

  /**
   * Loss, and gradient of the logits, of each row. A target that is neither in [0, cols) nor the
   * ignored index makes the row's loss and gradient NaN and is reported in {@code status}.
   *
   * @param losses [rows], f32, overwritten, not scaled; 0 for ignored rows
   * @param dLogits [rows, cols], overwritten with gradScale · rowGrad · ∂loss/∂logits; may be
   *     logits itself
   * @param logSumExp [rows], f32, overwritten
   * @param logits [rows, cols]
   * @param targets [rows], I32
   * @param gradScale f32 scalar on the device; needed when dLogits is asked for
   * @param rowGrad [rows], f32
   */
  public void fused(
      Stream stream,
      Tensor losses,
      @Nullable Tensor dLogits,
      @Nullable Tensor logSumExp,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor gradScale,
      @Nullable Tensor rowGrad,
      Options options,
      StatusWord status) {
    DType dtype = logits.dtype();
    long rows = logits.shape().rows();
    long cols = logits.shape().cols();
    Kernel kernel = fused.of(dtype);
    Tensor statusWord = status.usedBy(kernel.name(), cols);
    operands.begin(kernel);
    if (dLogits != null && gradScale == null) {
      throw operands.refuse("gradScale is missing; dLogits is multiplied by it");
    }
    operands
        .output("losses", losses, DType.F32, rows)
        .optionalReplacing("dLogits", dLogits, dtype, rows, cols)
        .optionalOutput("logSumExp", logSumExp, DType.F32, rows)
        .replaceable("logits", logits, dtype, rows, cols)
        .input("targets", targets, DType.I32, rows)
        .optionalInput("gradScale", gradScale, DType.F32, 1)
        .optionalInput("rowGrad", rowGrad, DType.F32, rows)
        .int64(rows)
        .int64(cols)
        .int32(options.ignoreIndex())
        .float32(options.labelSmoothing())
        .float32(options.zLoss())
        .output("status", statusWord, StatusWord.DTYPE, StatusWord.SHAPE.count())
        .checked()
        .launch(stream, RowLaunch.of(rows, cols).launch());
  }

  /**
   * gradScale = upstream / (number of targets that are not ignored); 0 when there is none.
   *
   * @param gradScale f32 scalar, overwritten
   * @param targets [rows], I32
   * @param upstream f32 scalar: the gradient of the mean loss, usually the loss scale
   */
  public void scale(
      Stream stream, Tensor gradScale, Tensor targets, Tensor upstream, Options options) {
    long rows = targets.count();
    operands
        .begin(scale.get())
        .output("gradScale", gradScale, DType.F32, 1)
        .input("targets", targets, DType.I32, rows)
        .input("upstream", upstream, DType.F32, 1)
        .int64(rows)
        .int32(options.ignoreIndex())
        .checked()
        .launch(stream, SingleBlockLaunch.LAUNCH);
  }

  /**
   * loss = the sum of losses, or their mean over the targets that are not ignored (NaN when there
   * is none), added in a fixed order.
   *
   * @param loss f32 scalar, overwritten
   * @param losses [rows], f32, as {@link #fused} leaves them
   * @param targets [rows], I32
   */
  public void reduce(
      Stream stream, Tensor loss, Tensor losses, Tensor targets, Options options, boolean mean) {
    long rows = targets.count();
    operands
        .begin(reduce.get())
        .output("loss", loss, DType.F32, 1)
        .input("losses", losses, DType.F32, rows)
        .input("targets", targets, DType.I32, rows)
        .int64(rows)
        .int32(options.ignoreIndex())
        .int32(mean ? 1 : 0)
        .checked()
        .launch(stream, SingleBlockLaunch.LAUNCH);
  }
}
