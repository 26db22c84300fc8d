package dev.lockstep.ops;

import dev.lockstep.device.Stream;

/**
 * Dynamic loss scaling (Micikevicius et al. 2018, <a
 * href="https://arxiv.org/abs/1710.03740">1710.03740</a>), judged and updated on the device.
 */
public final class LossScaling {
  private final LazyKernel kernel;
  private final Operands operands = new Operands();

  /**
   * How the scale changes.
   *
   * @param growth what it is multiplied by after {@code interval} good steps in a row, at least 1
   * @param backoff what it is multiplied by after a skipped step, above 0 and at most 1
   * @param interval steps, at least 1
   * @param minimum the scale never falls below, at least {@link StepState#LEAST_LOSS_SCALE}
   * @param maximum the scale never rises above, finite
   */
  public record Rules(float growth, float backoff, int interval, float minimum, float maximum) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Rules {
      if (!(growth >= 1 && growth < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("growth " + growth + " must be finite and at least 1");
      }
      if (!(backoff > 0 && backoff <= 1)) {
        throw new IllegalArgumentException("backoff " + backoff + " must be above 0, at most 1");
      }
      if (interval < 1) {
        throw new IllegalArgumentException("interval " + interval + " must be at least 1");
      }
      if (!(minimum >= StepState.LEAST_LOSS_SCALE && minimum <= maximum)
          || !(maximum < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "minimum %s and maximum %s must be finite, in this order and at least %s"
                .formatted(minimum, maximum, StepState.LEAST_LOSS_SCALE));
      }
    }
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public LossScaling(KernelLibrary library) {
    kernel = new LazyKernel(library, "optimizer", "loss_scale_update");
  }

  /** After the optimiser's step: the scale of the next one. */
  public void update(Stream stream, StepState state, Rules rules) {
    operands
        .begin(kernel.get())
        .output("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .float32(rules.growth())
        .float32(rules.backoff())
        .int32(rules.interval())
        .float32(rules.minimum())
        .float32(rules.maximum())
        .checked()
        .launch(stream, StepPreparation.ONE_THREAD);
  }
}
