package dev.lockstep.optim;

import dev.lockstep.ops.Labels;
import java.util.Locale;

/**
 * The learning rate of each step: a linear warm-up to the peak, then a decay to a fraction of it.
 *
 * <p>Step {@code t} counts from 0. With {@code W} warm-up steps and the decay ending at {@code E},
 * the place in the decay is {@code p = min(1, (t − W) / (E − W))}.
 *
 * @param peak the highest rate
 * @param warmupSteps {@code W}; 0 starts at the peak
 * @param steps {@code T}, the length of the run
 * @param finalFraction the rate at the end of the decay, as a fraction of the peak
 */
public record LearningRateSchedule(
    double peak,
    int warmupSteps,
    int steps,
    double finalFraction,
    Decay decay,
    Warmup warmup,
    End end) {
  /** How the rate falls after the warm-up. */
  public enum Decay {
    /** Half a cosine wave. */
    COSINE,
    /** A straight line. */
    LINEAR,
    /** Not at all. */
    CONSTANT;

    /** The name on the command line: {@code cosine}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The decay of that {@link #label}.
     *
     * @throws IllegalArgumentException for any other; the message lists the names
     */
    public static Decay of(String label) {
      return Labels.find("schedule", values(), Decay::label, label);
    }
  }

  /** Which fraction of the peak warm-up step {@code t} takes. */
  public enum Warmup {
    /** {@code (t + 1) / W}: the last warm-up step is the first at the peak. */
    REACHES_PEAK,
    /** {@code t / W}: the first step goes nowhere. */
    STARTS_AT_ZERO,
    /** {@code (t + 1) / (W + 1)}: strictly between zero and the peak. */
    STAYS_BETWEEN
  }

  /** Where the decay ends. */
  public enum End {
    /** {@code E = T}: one step after the last, which stays above the final rate. */
    AFTER_LAST_STEP,
    /** {@code E = T − 1}: the last step takes the final rate. */
    AT_LAST_STEP
  }

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public LearningRateSchedule {
    if (!(peak >= 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException(
          "learning rate " + peak + " must be finite and at least 0");
    }
    if (warmupSteps < 0) {
      throw new IllegalArgumentException("warm-up steps " + warmupSteps + " must be at least 0");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps " + steps + " must be at least 1");
    }
    if (!(finalFraction >= 0 && finalFraction <= 1)) {
      throw new IllegalArgumentException(
          "final learning rate fraction " + finalFraction + " must be from 0 to 1");
    }
  }

  /** Warm-up, then a cosine to {@code finalFraction} of the peak, as most recipes have it. */
  public static LearningRateSchedule cosine(
      double peak, int warmupSteps, int steps, double finalFraction) {
    return of(Decay.COSINE, peak, warmupSteps, steps, finalFraction);
  }

  /** The same with any decay. */
  public static LearningRateSchedule of(
      Decay decay, double peak, int warmupSteps, int steps, double finalFraction) {
    return new LearningRateSchedule(
        peak, warmupSteps, steps, finalFraction, decay, Warmup.REACHES_PEAK, End.AFTER_LAST_STEP);
  }

  /** The rate of step {@code t}, from 0; past the end it stays at the final rate. */
  public double at(long t) {
    if (t < warmupSteps) {
      return peak
          * switch (warmup) {
            case REACHES_PEAK -> (t + 1.0) / warmupSteps;
            case STARTS_AT_ZERO -> (double) t / warmupSteps;
            case STAYS_BETWEEN -> (t + 1.0) / (warmupSteps + 1.0);
          };
    }
    double p = decayed(t);
    return peak
        * switch (decay) {
          case COSINE -> finalFraction + (1 - finalFraction) * 0.5 * (1 + Math.cos(Math.PI * p));
          case LINEAR -> 1 + (finalFraction - 1) * p;
          case CONSTANT -> 1;
        };
  }

  private double decayed(long t) {
    int endsAt = end == End.AFTER_LAST_STEP ? steps : steps - 1;
    if (endsAt <= warmupSteps) {
      return 1;
    }
    return Math.min(1, (double) (t - warmupSteps) / (endsAt - warmupSteps));
  }
}
