package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** Multiplies a tensor by a number only the device knows, such as a clip factor. */
public final class GradientScaling {
  private final KernelFamily scale;
  private final KernelFamily unscale;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public GradientScaling(KernelLibrary library) {
    scale = new KernelFamily(library, "cast", "scale");
    unscale = new KernelFamily(library, "cast", "unscale");
  }

  /**
   * gradient *= factor, rounded once.
   *
   * @param gradient f32, f16 or bf16, any shape
   * @param factor f32 scalar, for example {@link StepState#gradFactor}
   */
  public void scale(Stream stream, Tensor gradient, Tensor factor) {
    launch(stream, scale, gradient, "factor", factor);
  }

  /**
   * gradient *= 1 / scale, rounded once: undoes {@link #scale} by a power of two exactly, unless it
   * left the range of the type.
   *
   * @param gradient f32, f16 or bf16, any shape
   * @param scale f32 scalar, for example {@link StepState#lossScale}; 0 makes all elements infinite
   *     or NaN
   */
  public void unscale(Stream stream, Tensor gradient, Tensor scale) {
    launch(stream, unscale, gradient, "scale", scale);
  }

  private void launch(
      Stream stream, KernelFamily kernels, Tensor gradient, String name, Tensor factor) {
    DType dtype = gradient.dtype();
    long n = gradient.count();
    operands
        .begin(kernels.of(dtype))
        .output("gradient", gradient, dtype, n)
        .int64(n)
        .input(name, factor, DType.F32, 1)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n, ElementwiseLaunch.MANY_PER_THREAD).launch());
  }
}
