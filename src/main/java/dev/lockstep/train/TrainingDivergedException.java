package dev.lockstep.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The loss is not finite: the run ends, and its last good checkpoint stays as it is. */
public final class TrainingDivergedException extends RuntimeException {
  private final int step;
  private final String tensor;
  private final @Nullable Path checkpoint;

  TrainingDivergedException(int step, double loss, String tensor, RunCheckpoints checkpoints) {
    super(
        "step %d: the loss is %s; not finite: %s; %s"
            .formatted(step, loss, tensor, checkpoints.lastGood()));
    this.step = step;
    this.tensor = tensor;
    checkpoint = checkpoints.last();
  }

  /** The first step with such a loss, from 1. */
  public int step() {
    return step;
  }

  /** The first tensor found to hold a value that is not finite. */
  public String tensor() {
    return tensor;
  }

  /** The last checkpoint this run wrote or went on from; null when there is none. */
  public @Nullable Path checkpoint() {
    return checkpoint;
  }
}
