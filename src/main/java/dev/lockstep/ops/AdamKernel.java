package dev.lockstep.ops;

import dev.lockstep.device.Stream;

/**
 * Adam (Kingma and Ba 2015, <a href="https://arxiv.org/abs/1412.6980">1412.6980</a>) and AdamW
 * (Loshchilov and Hutter 2019, <a href="https://arxiv.org/abs/1711.05101">1711.05101</a>) on f32
 * master weights, all parameters in one launch, with the compute copies written in the same pass.
 * Learning rate, step count, clip factor and whether to skip come from the {@link StepState}.
 */
public final class AdamKernel {
  private static final String IMAGE = "optimizer";
  private static final int MOMENTS = 2;

  private final StepPreparation preparation;
  private final LazyKernel decoupled;
  private final LazyKernel regularized;
  private final Operands operands = new Operands();

  /** What weight decay is. */
  public enum Decay {
    /** AdamW: weights shrink by learning rate times decay, beside the update. */
    DECOUPLED,
    /** L2 regularisation: decay times the weight joins the gradient, before the moments. */
    L2
  }

  /**
   * What stays the same for all steps and parameters.
   *
   * @param beta1 decay of the mean of gradients, in [0, 1)
   * @param beta2 decay of the mean of squares, in [0, 1)
   * @param eps added to the root of the mean of squares, positive
   */
  public record Settings(float beta1, float beta2, float eps, Decay decay) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Settings {
      requireDecay("beta1", beta1);
      requireDecay("beta2", beta2);
      if (!(eps > 0 && eps < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("eps " + eps + " must be finite and positive");
      }
    }

    /** Those of AdamW. */
    public static Settings adamW(float beta1, float beta2, float eps) {
      return new Settings(beta1, beta2, eps, Decay.DECOUPLED);
    }

    private static void requireDecay(String name, float value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(name + " " + value + " must be at least 0 and below 1");
      }
    }
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public AdamKernel(KernelLibrary library) {
    preparation = new StepPreparation(library);
    decoupled = new LazyKernel(library, IMAGE, "adamw_step");
    regularized = new LazyKernel(library, IMAGE, "adam_step");
  }

  /**
   * Counts the step and updates all parameters; in a skipped step they stay as they are.
   *
   * @param parameters with two moments each: mean of gradients, mean of their squares
   * @param state after {@link GlobalNorm#compute}, or after {@link StepState#reset} where gradients
   *     need neither unscaling nor clipping
   */
  public void step(Stream stream, ParameterTable parameters, Settings settings, StepState state) {
    LazyKernel kernel = settings.decay() == Decay.DECOUPLED ? decoupled : regularized;
    parameters
        .list(operands.begin(kernel.get()), MOMENTS)
        .float32(settings.beta1())
        .float32(settings.beta2())
        .float32(settings.eps())
        .input("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .checked();
    preparation.launch(stream, state, settings.beta1(), settings.beta2());
    operands.launch(
        stream, ChunkLaunch.of(parameters.chunks(), ChunkLaunch.OPTIMIZER_THREADS).launch());
  }
}
