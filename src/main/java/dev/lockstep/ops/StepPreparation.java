package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;

/**
 * What comes once before an optimiser's update: counts the step, or a skipped one where a gradient
 * was not finite, and computes what is the same for all elements.
 */
final class StepPreparation {
  static final Launch ONE_THREAD = Launch.of(1, 1);

  private final LazyKernel kernel;
  private final Operands operands = new Operands();

  StepPreparation(KernelLibrary library) {
    kernel = new LazyKernel(library, "optimizer", "optimizer_prepare");
  }

  /** The decays of Adam's moments; 0 for optimisers that have none. */
  void launch(Stream stream, StepState state, float beta1, float beta2) {
    operands
        .begin(kernel.get())
        .output("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .float32((float) Math.log(beta1))
        .float32((float) Math.log(beta2))
        .checked()
        .launch(stream, ONE_THREAD);
  }
}
