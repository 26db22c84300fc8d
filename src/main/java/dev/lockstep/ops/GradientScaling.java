package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** Multiplies a tensor by a number only the device knows, such as a clip factor. */
public final class GradientScaling {
  private final KernelFamily kernels;
  private final Operands operands = new Operands();

  public GradientScaling(KernelLibrary library) {
    kernels = new KernelFamily(library, "cast", "scale");
  }

  /**
   * gradient *= factor, rounded once.
   *
   * @param gradient f32, f16 or bf16, any shape
   * @param factor f32 scalar, for example {@link StepState#gradFactor}
   */
  public void scale(Stream stream, Tensor gradient, Tensor factor) {
    DType dtype = gradient.dtype();
    long n = gradient.count();
    operands
        .begin(kernels.of(dtype))
        .output("gradient", gradient, dtype, n)
        .int64(n)
        .input("factor", factor, DType.F32, 1)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }
}
