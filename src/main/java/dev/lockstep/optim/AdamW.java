package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamWKernel;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay
 * Regularization", 2019) over all parameters of a model: one launch for those that decay and one
 * for those that do not. Step number, learning rate and clip factor are read from the {@link
 * StepState} on the device; a step whose gradient norm is not finite changes nothing.
 */
public final class AdamW implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final AdamWKernel kernel;
  private final Parameters parameters;
  private final Tensor firstMoments;
  private final Tensor secondMoments;
  private final AdamWKernel.Settings decaying;
  private final AdamWKernel.Settings others;
  private final long endOfDecay;

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
    public Config {
      // The kernel's own bounds hold for what is left after rounding to fp32.
      settings(beta1, beta2, epsilon, weightDecay);
    }

    private static AdamWKernel.Settings settings(
        double beta1, double beta2, double epsilon, double weightDecay) {
      return new AdamWKernel.Settings(
          (float) beta1, (float) beta2, (float) epsilon, (float) weightDecay);
    }

    private AdamWKernel.Settings decaying() {
      return settings(beta1, beta2, epsilon, weightDecay);
    }

    private AdamWKernel.Settings others() {
      return settings(beta1, beta2, epsilon, 0);
    }
  }

  /** Moments for these parameters, all zero once the stream has got there. */
  public AdamW(KernelLibrary library, Parameters parameters, Config config, Stream stream) {
    this.kernel = new AdamWKernel(library);
    this.parameters = parameters;
    Shape flat = Shape.of(parameters.flatLength());
    firstMoments = arena.tensor(DType.F32, flat);
    secondMoments = arena.tensor(DType.F32, flat);
    decaying = config.decaying();
    others = config.others();
    endOfDecay =
        config.scope() == WeightDecayScope.ALL
            ? parameters.flatLength()
            : parameters.endOf(ParameterSpec.Kind.MATRIX);
    arena.allocate(library.device());
    firstMoments.zero(stream);
    secondMoments.zero(stream);
  }

  /** Queues one step, after the gradient norm has been written to {@code state}. */
  public void step(Stream stream, StepState state) {
    kernel.prepare(stream, state, decaying);
    update(stream, state, 0, endOfDecay, decaying);
    update(stream, state, endOfDecay, parameters.flatLength(), others);
  }

  private void update(
      Stream stream, StepState state, long from, long to, AdamWKernel.Settings settings) {
    if (from == to) {
      return;
    }
    long length = to - from;
    @Nullable Tensor copies = parameters.copies();
    kernel.step(
        stream,
        parameters.masters().slice(from, length),
        firstMoments.slice(from, length),
        secondMoments.slice(from, length),
        parameters.gradients().slice(from, length),
        copies == null ? null : copies.slice(from, length),
        settings,
        state);
  }

  /** The means of gradients, by parameter name; waits for the stream. */
  public Map<String, float[]> readFirstMoments(Stream stream) {
    return parameters.read(stream, firstMoments);
  }

  /** The means of squared gradients, by parameter name; waits for the stream. */
  public Map<String, float[]> readSecondMoments(Stream stream) {
    return parameters.read(stream, secondMoments);
  }

  /**
   * Goes on from the moments of an earlier run; waits for the stream.
   *
   * @throws IllegalArgumentException when a parameter's are missing or of another length
   */
  public void load(Stream stream, Map<String, float[]> first, Map<String, float[]> second) {
    parameters.write(stream, firstMoments, first);
    parameters.write(stream, secondMoments, second);
  }

  @Override
  public void close() {
    arena.close();
  }
}
