package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.AdamKernel;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.StepState;
import java.util.List;

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay
 * Regularization", 2019) over all parameters of a model in one launch. Step number, learning rate
 * and clip factor are read from the {@link StepState} on the device; a step whose gradient norm is
 * not finite changes nothing.
 */
public final class AdamW extends Optimizer {
  private final AdamKernel kernel;
  private final AdamKernel.Settings settings;

  /**
   * The knobs of AdamW.
   *
   * @param beta1 how much of the mean of gradients a step keeps
   * @param beta2 how much of the mean of squares a step keeps
   * @param epsilon added to the root of the mean of squares
   * @param weightDecay share of a weight taken away per step and unit of learning rate
   * @param scope the parameters that decay
   */
  public record Config(
      double beta1, double beta2, double epsilon, double weightDecay, WeightDecayScope scope) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Config {
      // The kernel's own bounds hold for what is left after rounding to fp32.
      AdamKernel.Settings.adamW((float) beta1, (float) beta2, (float) epsilon);
      WeightDecayScope.requireDecay(weightDecay);
    }

    private AdamKernel.Settings settings(AdamKernel.Decay decay) {
      return new AdamKernel.Settings((float) beta1, (float) beta2, (float) epsilon, decay);
    }
  }

  /** Moments for these parameters, all zero; waits for the stream. */
  public AdamW(KernelLibrary library, Parameters parameters, Config config, Stream stream) {
    this(library, parameters, config, AdamKernel.Decay.DECOUPLED, stream);
  }

  /** The same with either kind of weight decay; with that of L2 it is plain Adam. */
  public AdamW(
      KernelLibrary library,
      Parameters parameters,
      Config config,
      AdamKernel.Decay decay,
      Stream stream) {
    super(
        new ModelTable(
            library, parameters, moments(decay), config.weightDecay(), config.scope(), stream));
    kernel = new AdamKernel(library);
    settings = config.settings(decay);
  }

  private static List<String> moments(AdamKernel.Decay decay) {
    boolean decoupled = decay == AdamKernel.Decay.DECOUPLED;
    return (decoupled ? OptimizerConfig.Kind.ADAMW : OptimizerConfig.Kind.ADAM).moments(0);
  }

  @Override
  void step(Stream stream, ParameterTable table, StepState state) {
    kernel.step(stream, table, settings, state);
  }
}
