package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.StepState;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent, with momentum as PyTorch defines it, over all parameters of a model
 * in one launch. Learning rate and clip factor are read from the {@link StepState} on the device; a
 * step whose gradient norm is not finite changes nothing.
 */
public final class Sgd implements Optimizer {
  private final SgdKernel kernel;
  private final SgdKernel.Settings settings;
  private final ModelTable model;

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
    kernel = new SgdKernel(library);
    settings = config.settings();
    model =
        new ModelTable(
            library, parameters, settings.moments(), config.weightDecay(), config.scope(), stream);
  }

  @Override
  public List<String> moments() {
    return OptimizerConfig.Kind.SGD.moments(settings.moments());
  }

  @Override
  public Map<String, float[]> read(Stream stream, String moment) {
    return model.read(stream, moments().indexOf(moment));
  }

  @Override
  public void load(Stream stream, Map<String, Map<String, float[]>> moments) {
    for (String name : moments()) {
      model.write(stream, 0, moments.getOrDefault(name, Map.of()));
    }
  }

  @Override
  public void step(Stream stream, StepState state) {
    kernel.step(stream, model.table(), settings, state);
  }

  /**
   * The momentum, by parameter name; waits for the stream.
   *
   * @throws IllegalStateException without momentum
   */
  public Map<String, float[]> readMomentum(Stream stream) {
    requireMomentum();
    return model.read(stream, 0);
  }

  /**
   * Goes on from the momentum of an earlier run; waits for the stream.
   *
   * @throws IllegalArgumentException when a parameter's is missing or of another length
   * @throws IllegalStateException without momentum
   */
  public void loadMomentum(Stream stream, Map<String, float[]> momentum) {
    requireMomentum();
    model.write(stream, 0, momentum);
  }

  private void requireMomentum() {
    if (settings.moments() == 0) {
      throw new IllegalStateException("this optimiser has momentum 0 and keeps none");
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
