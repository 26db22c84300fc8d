package dev.lockstep.grill.training;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on the training loop, in their order. */
public final class TrainingLabs {
  private TrainingLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new TrainingOrder(),
        new Checkpointing(),
        new GradientAccumulation(),
        new MixedPrecision(),
        new RateSchedules());
  }
}
