package dev.lockstep.ops;

import dev.lockstep.device.Stream;

/**
 * Stochastic gradient descent with momentum, Nesterov's too (Sutskever et al. 2013), as PyTorch
 * defines it, on f32 master weights, all parameters in one launch, with the compute copies written
 * in the same pass. Learning rate, clip factor and whether to skip come from the {@link StepState}.
 */
public final class SgdKernel {
  private static final String IMAGE = "optimizer";

  private final StepPreparation preparation;
  private final LazyKernel plain;
  private final LazyKernel withMomentum;
  private final Operands operands = new Operands();

  /**
   * What stays the same for all steps and parameters.
   *
   * @param momentum how much of the momentum a step keeps, in [0, 1]; 0 keeps none and needs none
   * @param dampening how much of the gradient does not enter the momentum after the first step
   * @param nesterov go by gradient and momentum instead of momentum alone
   */
  public record Settings(float momentum, float dampening, boolean nesterov) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Settings {
      requireShare("momentum", momentum);
      requireShare("dampening", dampening);
      if (nesterov && (momentum == 0 || dampening != 0)) {
        throw new IllegalArgumentException(
            "nesterov needs a momentum above 0 and no dampening, not momentum %s and dampening %s"
                .formatted(momentum, dampening));
      }
    }

    private static void requireShare(String name, float value) {
      if (!(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException(name + " " + value + " must be from 0 to 1");
      }
    }

    /** Moments each parameter needs: 1 with momentum, else 0. */
    public int moments() {
      return momentum > 0 ? 1 : 0;
    }
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public SgdKernel(KernelLibrary library) {
    preparation = new StepPreparation(library);
    plain = new LazyKernel(library, IMAGE, "sgd_step");
    withMomentum = new LazyKernel(library, IMAGE, "sgd_momentum_step");
  }

  /**
   * Counts the step and updates all parameters; in a skipped step they stay as they are.
   *
   * @param parameters with {@link Settings#moments}
   * @param state after {@link GlobalNorm#compute}, or after {@link StepState#reset} where gradients
   *     need neither unscaling nor clipping
   */
  public void step(Stream stream, ParameterTable parameters, Settings settings, StepState state) {
    boolean momentum = settings.moments() > 0;
    parameters.list(
        operands.begin(momentum ? withMomentum.get() : plain.get()), settings.moments());
    if (momentum) {
      operands
          .float32(settings.momentum())
          .float32(settings.dampening())
          .int32(settings.nesterov() ? 1 : 0);
    }
    operands.input("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count()).checked();
    preparation.launch(stream, state, 0, 0);
    operands.launch(
        stream, ChunkLaunch.of(parameters.chunks(), ChunkLaunch.OPTIMIZER_THREADS).launch());
  }
}
