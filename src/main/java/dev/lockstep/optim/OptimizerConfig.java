package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.AdamKernel;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.Labels;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How gradients become a step.
 *
 * @param beta1 how much of the mean of gradients Adam keeps from step to step
 * @param beta2 how much of the mean of their squares
 * @param epsilon added to the root of the latter
 * @param momentum how much of the momentum SGD keeps; 0 for none
 * @param nesterov whether SGD goes by gradient and momentum instead of momentum alone
 * @param weightDecay share of a weight taken away per step and unit of learning rate, or times the
 *     weight added to its gradient: which of the two is the kind's
 * @param scope the parameters that decay
 * @param clipNorm bound on the norm of all gradients together; 0 does not clip
 * @param clipValue bound on the magnitude of each element, after that; 0 does not clip
 */
public record OptimizerConfig(
    Kind kind,
    double beta1,
    double beta2,
    double epsilon,
    double momentum,
    boolean nesterov,
    double weightDecay,
    WeightDecayScope scope,
    double clipNorm,
    double clipValue) {
  /** The rule of the step. */
  public enum Kind {
    /** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
    ADAMW,
    /** Adam with L2 regularisation (Kingma and Ba 2015). */
    ADAM,
    /** Stochastic gradient descent, with momentum where it is above 0. */
    SGD;

    /** The name on the command line: {@code adamw}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What such an optimizer keeps of earlier gradients, named as in a checkpoint.
     *
     * @param momentum of SGD, which keeps none where it is 0
     */
    public List<String> moments(double momentum) {
      return switch (this) {
        case ADAMW, ADAM -> List.of(label() + ".first", label() + ".second");
        case SGD -> momentum == 0 ? List.of() : List.of("sgd.momentum");
      };
    }

    /**
     * The kind of that {@link #label}.
     *
     * @throws IllegalArgumentException for any other; the message lists the names
     */
    public static Kind of(String label) {
      return Labels.find("optimizer", values(), Kind::label, label);
    }
  }

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public OptimizerConfig {
    // Each of the two checks its own bounds.
    adam(beta1, beta2, epsilon, weightDecay, scope);
    sgd(momentum, nesterov, weightDecay, scope);
    requireBound("clip norm", clipNorm);
    requireBound("clip value", clipValue);
  }

  private static void requireBound(String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " " + value + " must be finite and at least 0");
    }
  }

  /** AdamW as most recipes have it, clipped to a norm of 1. */
  public static OptimizerConfig defaults() {
    return new OptimizerConfig(
        Kind.ADAMW, 0.9, 0.999, 1e-8, 0.9, false, 0.1, WeightDecayScope.MATRICES, 1, 0);
  }

  private static AdamW.Config adam(
      double beta1, double beta2, double epsilon, double weightDecay, WeightDecayScope scope) {
    return new AdamW.Config(beta1, beta2, epsilon, weightDecay, scope);
  }

  private static Sgd.Config sgd(
      double momentum, boolean nesterov, double weightDecay, WeightDecayScope scope) {
    return new Sgd.Config(momentum, 0, nesterov, weightDecay, scope);
  }

  /** The optimizer of these parameters, its moments zero; waits for the stream. */
  public Optimizer create(KernelLibrary library, Parameters parameters, Stream stream) {
    AdamW.Config adam = adam(beta1, beta2, epsilon, weightDecay, scope);
    return switch (kind) {
      case ADAMW -> new AdamW(library, parameters, adam, AdamKernel.Decay.DECOUPLED, stream);
      case ADAM -> new AdamW(library, parameters, adam, AdamKernel.Decay.L2, stream);
      case SGD -> new Sgd(library, parameters, sgd(momentum, nesterov, weightDecay, scope), stream);
    };
  }

  /** What it keeps of earlier gradients, named as in a checkpoint. */
  public List<String> moments() {
    return kind.moments(momentum);
  }

  /** Adds every knob by name, in order. */
  public void describe(Map<String, String> knobs) {
    knobs.put("optimizer", kind.label());
    knobs.put("beta1", Double.toString(beta1));
    knobs.put("beta2", Double.toString(beta2));
    knobs.put("epsilon", Double.toString(epsilon));
    knobs.put("momentum", Double.toString(momentum));
    knobs.put("nesterov", Boolean.toString(nesterov));
    knobs.put("weightDecay", Double.toString(weightDecay));
    knobs.put("weightDecayScope", scope.label());
    knobs.put("clipNorm", Double.toString(clipNorm));
    knobs.put("clipValue", Double.toString(clipValue));
  }
}
