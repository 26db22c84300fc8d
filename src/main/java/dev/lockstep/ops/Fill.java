package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** Sets every element of a tensor to one value. */
public final class Fill {
  private final KernelFamily kernels;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Fill(KernelLibrary library) {
    kernels = new KernelFamily(library, "cast", "fill");
  }

  /**
   * target = value, rounded to storage. The value travels with the launch: the host may forget it
   * at once.
   *
   * @param target f32, f16 or bf16, any shape
   */
  public void fill(Stream stream, Tensor target, float value) {
    DType dtype = target.dtype();
    long n = target.count();
    operands
        .begin(kernels.of(dtype))
        .output("target", target, dtype, n)
        .int64(n)
        .float32(value)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n, ElementwiseLaunch.MANY_PER_THREAD).launch());
  }
}
