package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Binary cross-entropy of the logistic function of logits: −w · (p · y · ln σ(x) + (1 − y) · ln(1 −
 * σ(x))), loss and gradient in one pass. Logits, targets and weights are f32, f16 or bf16, all
 * alike; the reduced loss is f32. Targets lie in [0, 1].
 *
 * <p>The formula does not cancel: a confident mistake costs |x|, never infinity. An infinite logit
 * costs 0 where the target fully agrees with it and infinity otherwise; its gradient is finite.
 */
public final class BceWithLogits {
  private static final String IMAGE = "bce_with_logits";

  private final KernelFamily fused;
  private final LossReduction reduction;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public BceWithLogits(KernelLibrary library) {
    fused = new KernelFamily(library, IMAGE, "bce_with_logits_fused");
    reduction = new LossReduction(library, IMAGE);
  }

  /** The f32 workspace of {@link #reduced}: a sum for each 8192 elements. */
  public static Shape workspaceShape(Shape logits) {
    return ElementwiseLossLaunch.of(logits.count()).workspaceShape();
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(Shape logits) {
    return Tensor.bytes(DType.F32, workspaceShape(logits));
  }

  /**
   * The loss of each element.
   *
   * @param losses as many elements, overwritten; what their type cannot hold becomes infinity
   * @param dLogits as many elements, overwritten with upstream · ∂loss/∂logits; may be logits or
   *     upstream itself
   * @param logits any shape [rows, cols]
   * @param targets as many elements, in [0, 1]
   * @param weight of each element; 1 when absent
   * @param posWeight [cols], f32: the weight p of what is positive; 1 when absent
   * @param upstream gradient of each loss; 1 when absent
   */
  public void elementwise(
      Stream stream,
      Tensor losses,
      @Nullable Tensor dLogits,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor weight,
      @Nullable Tensor posWeight,
      @Nullable Tensor upstream) {
    prepare(losses, null, dLogits, logits, targets, weight, posWeight, null, upstream, 1);
    operands.launch(stream, ElementwiseLossLaunch.of(logits.count()).launch());
  }

  /**
   * One loss for all elements: their mean or sum, added in a fixed order.
   *
   * @param loss f32 scalar, overwritten
   * @param dLogits as many elements as logits, overwritten with the gradient; may be logits itself
   * @param workspace f32, {@link #workspaceShape}
   * @param logits any shape [rows, cols]
   * @param targets as many elements, in [0, 1]
   * @param weight of each element; 1 when absent
   * @param posWeight [cols], f32: the weight p of what is positive; 1 when absent
   * @param gradScale f32 scalar on the device, the gradient of loss; 1 when absent
   * @param mean divides by the number of elements
   */
  public void reduced(
      Stream stream,
      Tensor loss,
      @Nullable Tensor dLogits,
      Tensor workspace,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor weight,
      @Nullable Tensor posWeight,
      @Nullable Tensor gradScale,
      boolean mean) {
    long divisor = mean ? logits.count() : 1;
    ElementwiseLossLaunch launch = ElementwiseLossLaunch.of(logits.count());
    operands.begin(fused.of(logits.dtype()));
    Tensor partials =
        Objects.requireNonNull(
            operands.workspace(workspace, launch.workspaceShape(), true), "wanted");
    prepare(null, partials, dLogits, logits, targets, weight, posWeight, gradScale, null, divisor);
    reduction.prepare(loss, partials, launch.chunks(), divisor);
    operands.launch(stream, launch.launch());
    reduction.launch(stream);
  }

  private void prepare(
      @Nullable Tensor losses,
      @Nullable Tensor partials,
      @Nullable Tensor dLogits,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor weight,
      @Nullable Tensor posWeight,
      @Nullable Tensor gradScale,
      @Nullable Tensor upstream,
      long divisor) {
    DType dtype = logits.dtype();
    long n = logits.count();
    long cols = logits.shape().cols();
    operands
        .begin(fused.of(dtype))
        .optionalOutput("losses", losses, dtype, n)
        .optionalOutput("workspace", partials, DType.F32, ElementwiseLossLaunch.of(n).chunks())
        .optionalReplacing("dLogits", dLogits, dtype, n)
        .replaceable("logits", logits, dtype, n)
        .input("targets", targets, dtype, n)
        .optionalInput("weight", weight, dtype, n)
        .optionalInput("posWeight", posWeight, DType.F32, cols)
        .optionalInput("gradScale", gradScale, DType.F32, 1)
        .optionalReplaceable("upstream", upstream, dtype, n)
        .int64(n)
        .int64(cols)
        .float32((float) (1.0 / divisor))
        .checked();
  }
}
