package dev.lockstep.train;

import dev.lockstep.optim.LearningRateSchedule;
import java.util.Map;

/**
 * The learning rate over a run.
 *
 * @param learningRate the peak
 * @param warmupSteps steps of the linear warm-up
 * @param schedule how it falls after that
 * @param finalFraction where it ends, as a fraction of the peak
 */
public record RateConfig(
    double learningRate,
    int warmupSteps,
    LearningRateSchedule.Decay schedule,
    double finalFraction) {
  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public RateConfig {
    LearningRateSchedule.of(schedule, learningRate, warmupSteps, 1, finalFraction);
  }

  /** The learning rate of each of so many steps. */
  public LearningRateSchedule over(int steps) {
    return LearningRateSchedule.of(schedule, learningRate, warmupSteps, steps, finalFraction);
  }

  void describe(Map<String, String> knobs) {
    knobs.put("learningRate", Double.toString(learningRate));
    knobs.put("warmupSteps", Integer.toString(warmupSteps));
    knobs.put("lrSchedule", schedule.label());
    knobs.put("finalLearningRateFraction", Double.toString(finalFraction));
  }
}
