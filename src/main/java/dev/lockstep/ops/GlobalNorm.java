package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The norm of many gradients together, the factor that clips them, and whether any is not finite;
 * all of it stays on the device, in a {@link StepState}.
 */
public final class GlobalNorm {
  private static final String IMAGE = "global_norm";
  private static final int PARTIAL_THREADS = 256;
  private static final int FLOATS_PER_PARTIAL = 4;

  private final KernelFamily partial;
  private final LazyKernel finish;
  private final Operands partialOperands = new Operands();
  private final Operands finishOperands = new Operands();

  /** Which norm. */
  public enum NormType {
    /** √ of the sum of squares. */
    L2(2),
    /** The largest magnitude. */
    MAX(0);

    private final int code;

    NormType(int code) {
      this.code = code;
    }
  }

  public GlobalNorm(KernelLibrary library) {
    partial = new KernelFamily(library, IMAGE, "global_norm_partial");
    finish = new LazyKernel(library, IMAGE, "global_norm_finish");
  }

  /** The f32 workspace of {@link #compute} for these tensors: one float4 for each chunk. */
  public static Shape workspaceShape(List<Tensor> tensors) {
    return Shape.of(TensorTable.chunks(tensors), FLOATS_PER_PARTIAL);
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(List<Tensor> tensors) {
    return Tensor.bytes(DType.F32, workspaceShape(tensors));
  }

  /**
   * Writes norm, clipFactor, gradFactor and nonFinite of {@code state}; the norm is that of the
   * gradients divided by the loss scale. A NaN gradient makes a NaN norm and a NaN factor.
   *
   * @param tensorNorms [tensors], f32, overwritten with the norm of each tensor, not unscaled
   * @param workspace f32, {@link #workspaceShape}
   * @param gradients f32, f16 or bf16
   * @param maxNorm clip to this norm; 0 or less does not clip
   */
  public void compute(
      Stream stream,
      @Nullable Tensor tensorNorms,
      StepState state,
      Tensor workspace,
      TensorTable gradients,
      NormType type,
      float maxNorm) {
    long chunks = gradients.chunks();
    int tensors = gradients.size();
    if (Float.isNaN(maxNorm)) {
      throw new IllegalArgumentException("global norm: maxNorm is NaN; 0 or less does not clip");
    }
    partialOperands
        .begin(partial.of(gradients.dtype()))
        .output("workspace", workspace, DType.F32, chunks, FLOATS_PER_PARTIAL)
        .input("table", gradients.storage(), DType.I32, gradients.storage().count())
        .int32(tensors)
        .int64(chunks)
        .int32(type.code)
        .checked();
    finishOperands
        .begin(finish.get())
        .optionalOutput("tensorNorms", tensorNorms, DType.F32, tensors)
        .output("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .input("workspace", workspace, DType.F32, chunks, FLOATS_PER_PARTIAL)
        .input("table", gradients.storage(), DType.I32, gradients.storage().count())
        .int32(tensors)
        .int64(chunks)
        .int32(type.code)
        .float32(maxNorm)
        .checked();
    partialOperands.launch(stream, Launch.of(chunks, PARTIAL_THREADS));
    finishOperands.launch(stream, SingleBlockLaunch.LAUNCH);
  }
}
