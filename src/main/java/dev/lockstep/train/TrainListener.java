package dev.lockstep.train;

import dev.lockstep.train.health.HealthWarning;
import java.nio.file.Path;

/** Hears how a run goes on, on the thread that runs it. */
public interface TrainListener {
  /**
   * The log of the run that this one continues ended in a line that was not written to its end,
   * because a run was killed or the disk full; that line's bytes are taken out.
   */
  default void logCut(Path file, long bytes) {}

  /** The first step is about to begin. */
  default void started(RunInfo info) {}

  /** The work of a step, counted from 1, has been handed to the device. */
  default void stepQueued(int step) {}

  /** A report: the first step, and every {@link RunConfig#logEvery}th. */
  default void logged(StepMetrics metrics) {}

  /** A step that changed nothing, because a gradient was not finite; a report may follow. */
  default void skipped(StepMetrics metrics) {}

  /** A sign of trouble that was not seen before at its place. */
  default void warned(int step, HealthWarning warning) {}

  /** A checkpoint of the model after {@code step} steps is complete. */
  default void checkpointWritten(Path file, int step) {}

  /** A validation on the way: whether it is the best so far. */
  default void validated(int step, Validation validation, boolean best) {}

  /**
   * The run ends before its last step, because validation no longer improves.
   *
   * @param best the least {@link Validation#score}
   */
  default void stoppedEarly(int step, int validations, double best) {}

  /** Validation has seen {@code done} of {@code total} batches. */
  default void evaluated(int done, int total) {}
}
