package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites many gradients in one launch: clipped to a norm, by value, or both. Training does
 * without the former, since optimisers apply the factor while they read.
 */
public final class GradientClipping {
  private final LazyKernel kernel;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public GradientClipping(KernelLibrary library) {
    kernel = new LazyKernel(library, "global_norm", "clip_gradients");
  }

  /**
   * Each element becomes {@code min(max(g, −bound), bound)}, rounded once; NaN stays NaN.
   *
   * @param bound positive, not NaN
   */
  public void byValue(Stream stream, TensorTable gradients, float bound) {
    launch(stream, gradients, requireBound(bound), null);
  }

  /** Each element is multiplied by the state's gradFactor, which unscales and clips to a norm. */
  public void byNorm(Stream stream, TensorTable gradients, StepState state) {
    launch(stream, gradients, Float.POSITIVE_INFINITY, state);
  }

  /** Both in one pass: first the factor, then the bound. */
  public void byNormAndValue(Stream stream, TensorTable gradients, StepState state, float bound) {
    launch(stream, gradients, requireBound(bound), state);
  }

  private static float requireBound(float bound) {
    if (!(bound > 0)) {
      throw new IllegalArgumentException("clip value " + bound + " must be positive");
    }
    return bound;
  }

  private void launch(
      Stream stream, TensorTable gradients, float bound, @Nullable StepState state) {
    gradients.requireSeparate();
    gradients
        .list(operands.begin(kernel.get()))
        .int64(gradients.chunks())
        .float32(bound)
        .optionalInput(
            "state",
            state == null ? null : state.storage(),
            StepState.DTYPE,
            StepState.SHAPE.count())
        .checked()
        .launch(stream, ChunkLaunch.of(gradients.chunks(), ChunkLaunch.NORM_THREADS).launch());
  }
}
