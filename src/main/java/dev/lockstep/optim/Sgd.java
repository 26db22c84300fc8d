package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.StepState;

/**
 * Stochastic gradient descent, with momentum as PyTorch defines it, over all parameters of a model
 * in one launch. Learning rate and clip factor are read from the {@link StepState} on the device; a
 * step whose gradient norm is not finite changes nothing.
 */
public final class Sgd extends Optimizer {
  private final SgdKernel kernel;
  private final SgdKernel.Settings settings;

  /**
   * The knobs of SGD.
   *
   * @param momentum how much of the momentum a step keeps; 0 for none
   * @param dampening how much of the gradient does not enter the momentum after the first step
   * @param nesterov go by gradient and momentum instead of momentum alone
   * @param weightDecay times the weight joins the gradient
   * @param scope the parameters that decay
   */
  public record Config(
      double momentum,
      double dampening,
      boolean nesterov,
      double weightDecay,
      WeightDecayScope scope) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Config {
      // The kernel's own bounds hold for what is left after rounding to fp32.
      new SgdKernel.Settings((float) momentum, (float) dampening, nesterov);
      WeightDecayScope.requireDecay(weightDecay);
    }

    private SgdKernel.Settings settings() {
      return new SgdKernel.Settings((float) momentum, (float) dampening, nesterov);
    }
  }

  /** Momentum for these parameters, zero; waits for the stream. */
  public Sgd(KernelLibrary library, Parameters parameters, Config config, Stream stream) {
    super(
        new ModelTable(
            library,
            parameters,
            OptimizerConfig.Kind.SGD.moments(config.settings().moments()),
            config.weightDecay(),
            config.scope(),
            stream));
    kernel = new SgdKernel(library);
    settings = config.settings();
  }

  @Override
  void step(Stream stream, ParameterTable table, StepState state) {
    kernel.step(stream, table, settings, state);
  }
}
