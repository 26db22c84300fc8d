package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Squared error (input − target)² and the gradients of both sides in one pass. Tensors are f32, f16
 * or bf16, all alike; the reduced loss is f32.
 */
public final class MeanSquaredError {
  private static final String IMAGE = "squared_error";

  private final KernelFamily fused;
  private final LossReduction reduction;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public MeanSquaredError(KernelLibrary library) {
    fused = new KernelFamily(library, IMAGE, "squared_error_fused");
    reduction = new LossReduction(library, IMAGE);
  }

  /** The f32 workspace of {@link #reduced}: a sum for each 8192 elements. */
  public static Shape workspaceShape(Shape input) {
    return ElementwiseLossLaunch.of(input.count()).workspaceShape();
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(Shape input) {
    return Tensor.bytes(DType.F32, workspaceShape(input));
  }

  /**
   * The loss of each element.
   *
   * @param losses as many elements, overwritten; what their type cannot hold becomes infinity
   * @param dInput as many elements, overwritten with upstream · 2 (input − target); may be input,
   *     target or upstream itself
   * @param dTarget likewise, with −dInput
   * @param input any shape
   * @param target as many elements
   * @param upstream gradient of each loss; 1 when absent
   */
  public void elementwise(
      Stream stream,
      Tensor losses,
      @Nullable Tensor dInput,
      @Nullable Tensor dTarget,
      Tensor input,
      Tensor target,
      @Nullable Tensor upstream) {
    prepare(losses, null, dInput, dTarget, input, target, null, upstream, 1);
    operands.launch(stream, ElementwiseLossLaunch.of(input.count()).launch());
  }

  /**
   * One loss for all elements: their mean or sum, added in a fixed order.
   *
   * @param loss f32 scalar, overwritten
   * @param dInput as many elements as input, overwritten with the gradient; may be input or target
   *     itself
   * @param dTarget likewise, with −dInput
   * @param workspace f32, {@link #workspaceShape}
   * @param input any shape
   * @param target as many elements
   * @param gradScale f32 scalar on the device, the gradient of loss; 1 when absent
   * @param mean divides by the number of elements
   */
  public void reduced(
      Stream stream,
      Tensor loss,
      @Nullable Tensor dInput,
      @Nullable Tensor dTarget,
      Tensor workspace,
      Tensor input,
      Tensor target,
      @Nullable Tensor gradScale,
      boolean mean) {
    long divisor = mean ? input.count() : 1;
    ElementwiseLossLaunch launch = ElementwiseLossLaunch.of(input.count());
    operands.begin(fused.of(input.dtype()));
    Tensor partials =
        Objects.requireNonNull(
            operands.workspace(workspace, launch.workspaceShape(), true), "wanted");
    prepare(null, partials, dInput, dTarget, input, target, gradScale, null, divisor);
    reduction.prepare(loss, partials, launch.chunks(), divisor);
    operands.launch(stream, launch.launch());
    reduction.launch(stream);
  }

  private void prepare(
      @Nullable Tensor losses,
      @Nullable Tensor partials,
      @Nullable Tensor dInput,
      @Nullable Tensor dTarget,
      Tensor input,
      Tensor target,
      @Nullable Tensor gradScale,
      @Nullable Tensor upstream,
      long divisor) {
    DType dtype = input.dtype();
    long n = input.count();
    operands
        .begin(fused.of(dtype))
        .optionalOutput("losses", losses, dtype, n)
        .optionalOutput("workspace", partials, DType.F32, ElementwiseLossLaunch.of(n).chunks())
        .optionalReplacing("dInput", dInput, dtype, n)
        .optionalReplacing("dTarget", dTarget, dtype, n)
        .replaceable("input", input, dtype, n)
        .replaceable("target", target, dtype, n)
        .optionalInput("gradScale", gradScale, DType.F32, 1)
        .optionalReplaceable("upstream", upstream, dtype, n)
        .int64(n)
        .float32((float) (1.0 / divisor))
        .checked();
  }
}
