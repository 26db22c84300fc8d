package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** The last step of a loss that is a sum over elements: adds up the sums of chunks. */
final class LossReduction {
  private final LazyKernel kernel;
  private final Operands operands = new Operands();

  LossReduction(KernelLibrary library, String image) {
    kernel = new LazyKernel(library, image, image + "_reduce");
  }

  /** Checks the operands of the next {@link #launch}: loss = the sum of {@code sums} / divisor. */
  void prepare(Tensor loss, Tensor sums, long chunks, long divisor) {
    operands
        .begin(kernel.get())
        .output("loss", loss, DType.F32, 1)
        .input("workspace", sums, DType.F32, chunks)
        .int64(chunks)
        .int64(divisor)
        .checked();
  }

  void launch(Stream stream) {
    operands.launch(stream, SingleBlockLaunch.LAUNCH);
  }
}
