package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.LossScaling;
import dev.lockstep.ops.StepState;

/**
 * Dynamic loss scaling on the device, by the rules of PyTorch's GradScaler: the scale falls with
 * every step that had to be skipped and rises after some that had not. The scale itself lives in
 * the {@link StepState}, whose {@link StepState#lossScale} the loss's gradient starts from; skipped
 * steps are counted there. Nothing waits for the device.
 */
public final class LossScaler {
  private final LossScaling scaling;
  private final Config config;
  private final LossScaling.Rules rules;

  /**
   * How the scale starts and changes.
   *
   * @param initial from {@code minimum} to {@code maximum}
   * @param growth what it is multiplied by after {@code interval} good steps in a row, at least 1
   * @param backoff what it is multiplied by after a skipped step, above 0 and at most 1
   * @param interval steps, at least 1
   * @param minimum it never falls below
   * @param maximum it never rises above
   */
  public record Config(
      double initial, double growth, double backoff, int interval, double minimum, double maximum) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Config {
      rules(growth, backoff, interval, minimum, maximum);
      if (!(initial >= minimum && initial <= maximum)) {
        throw new IllegalArgumentException(
            "initial loss scale %s must be from %s to %s".formatted(initial, minimum, maximum));
      }
    }

    /** GradScaler's: from 65536, doubled after 2000 good steps, halved after a skipped one. */
    public static Config defaults() {
      return new Config(65_536, 2, 0.5, 2000, 1, 0x1p127);
    }

    private LossScaling.Rules rules() {
      return rules(growth, backoff, interval, minimum, maximum);
    }

    private static LossScaling.Rules rules(
        double growth, double backoff, int interval, double minimum, double maximum) {
      return new LossScaling.Rules(
          (float) growth, (float) backoff, interval, (float) minimum, (float) maximum);
    }
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public LossScaler(KernelLibrary library, Config config) {
    this.scaling = new LossScaling(library);
    this.config = config;
    this.rules = config.rules();
  }

  /** Queues the initial scale; once, after the state's reset. */
  public void start(Stream stream, StepState state) {
    state.setLossScale(stream, (float) config.initial());
  }

  /**
   * Queues the scale an earlier run stopped at.
   *
   * @param goodSteps steps since it last changed
   */
  public void restore(Stream stream, StepState state, float scale, int goodSteps) {
    state.setLossScale(stream, scale, goodSteps);
  }

  /** Queues the judgement of the step that was just queued: the scale of the next one. */
  public void update(Stream stream, StepState state) {
    scaling.update(stream, state, rules);
  }
}
