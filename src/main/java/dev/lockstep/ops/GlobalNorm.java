package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * The norm of many gradients together, the factor that clips them, and whether any is not finite;
 * all of it stays on the device, in a {@link StepState} (Pascanu, Mikolov and Bengio 2013, <a
 * href="https://arxiv.org/abs/1211.5063">1211.5063</a>).
 *
 * <p>The norm has the same bits in every run, on any grid and for any order of the tensors: sums
 * over chunks are of integers. It depends on the values and on each tensor's address modulo 16.
 */
public final class GlobalNorm {
  private static final String IMAGE = "global_norm";
  private static final Launch FINISH = Launch.of(1, 512);
  private static final int TENSORS_PER_BLOCK = 8;

  private final LazyKernel partial;
  private final LazyKernel tensors;
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

  /** What a gradient that is not finite, as stored or after unscaling, does to the step. */
  public enum NonFinite {
    /** The factor is 0 and optimisers leave everything as it is. */
    SKIP,
    /**
     * The factor is what its formula gives, as in PyTorch's {@code clip_grad_norm_}: 0 for an
     * infinite norm, so that only infinities become NaN; NaN for a NaN norm, so that all does.
     */
    PROPAGATE
  }

  /**
   * What to measure and what to do about it.
   *
   * @param maxNorm clip to this norm, positive; infinity measures without clipping
   */
  public record Options(NormType type, float maxNorm, NonFinite nonFinite) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Options {
      if (!(maxNorm > 0)) {
        throw new IllegalArgumentException(
            "maxNorm " + maxNorm + " must be positive; infinity measures without clipping");
      }
    }

    /** The L2 norm, clipped to; a step with a gradient that is not finite is skipped. */
    public static Options clipTo(float maxNorm) {
      return new Options(NormType.L2, maxNorm, NonFinite.SKIP);
    }

    /** The L2 norm without clipping; a step with a gradient that is not finite is skipped. */
    public static Options measure() {
      return clipTo(Float.POSITIVE_INFINITY);
    }

    /** The same of another norm. */
    public Options of(NormType other) {
      return new Options(other, maxNorm, nonFinite);
    }

    /** The same with another answer to gradients that are not finite. */
    public Options on(NonFinite other) {
      return new Options(type, maxNorm, other);
    }
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public GlobalNorm(KernelLibrary library) {
    partial = new LazyKernel(library, IMAGE, "global_norm_partial");
    tensors = new LazyKernel(library, IMAGE, "global_norm_tensors");
    finish = new LazyKernel(library, IMAGE, "global_norm_finish");
  }

  /** The f64 workspace of {@link #compute} for these tensors: a number for each chunk. */
  public static Shape workspaceShape(List<Tensor> tensors) {
    return Shape.of(TensorTable.chunks(tensors));
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(List<Tensor> tensors) {
    return Tensor.bytes(DType.F64, workspaceShape(tensors));
  }

  /**
   * Writes norm, clipFactor, gradFactor, nonFinite and skip of {@code state}, in two launches; the
   * norm is that of the gradients divided by the loss scale.
   *
   * @param workspace f64, {@link #workspaceShape}
   */
  public void compute(
      Stream stream, StepState state, TensorTable gradients, Tensor workspace, Options options) {
    long chunks = gradients.chunks();
    partialOperands.begin(partial.get()).output("workspace", workspace, DType.F64, chunks);
    gradients
        .list(partialOperands)
        .int64(chunks)
        .int32(options.type().code)
        .input("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .checked();
    finishOperands
        .begin(finish.get())
        .output("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .input("workspace", workspace, DType.F64, chunks);
    gradients
        .list(finishOperands)
        .int64(chunks)
        .int32(options.type().code)
        .float32(options.maxNorm())
        .int32(options.nonFinite() == NonFinite.PROPAGATE ? 1 : 0)
        .checked();
    partialOperands.launch(stream, ChunkLaunch.of(chunks, ChunkLaunch.NORM_THREADS).launch());
    finishOperands.launch(stream, FINISH);
  }

  /**
   * The norm of each tensor, after {@link #compute} with the same table, workspace and type.
   *
   * @param norms f32 [tensors], overwritten; divided by the loss scale
   */
  public void tensorNorms(
      Stream stream,
      Tensor norms,
      StepState state,
      TensorTable gradients,
      Tensor workspace,
      NormType type) {
    Tensor firstChunks = gradients.firstChunks();
    partialOperands
        .begin(tensors.get())
        .output("norms", norms, DType.F32, gradients.size())
        .input("workspace", workspace, DType.F64, gradients.chunks())
        .input("firstChunks", firstChunks, DType.I32, firstChunks.count())
        .int32(gradients.size())
        .int32(type.code)
        .input("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .checked()
        .launch(stream, Launch.of(Math.ceilDiv(gradients.size(), TENSORS_PER_BLOCK), 32 * 8));
  }
}
