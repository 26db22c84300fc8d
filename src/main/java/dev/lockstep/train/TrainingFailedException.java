package dev.lockstep.train;

import dev.lockstep.device.CaptureException;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceMemoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The device failed: the run ends, and its last good checkpoint stays as it is. */
public final class TrainingFailedException extends RuntimeException {
  private final @Nullable Path checkpoint;

  /**
   * @param done steps queued so far: what a kernel did wrong may be learnt some steps later
   */
  TrainingFailedException(
      DeviceException cause, TaskKind task, int done, RunCheckpoints checkpoints) {
    super(
        (done == 0 ? "before the first step" : "after step " + done)
            + ": "
            + cause.getMessage()
            + remedy(cause, task)
            + "; "
            + checkpoints.lastGood(),
        cause);
    checkpoint = checkpoints.last();
  }

  private static String remedy(DeviceException cause, TaskKind task) {
    return switch (cause) {
      case DeviceMemoryException memory ->
          "; a smaller --batch (--accumulate makes up for it)"
              + (task.foreign().contains("headMemory") ? "" : ", a smaller --head-memory")
              + " or a smaller model needs less";
      case CaptureException capture -> "; --no-graph queues each part of a step by itself instead";
      default -> "";
    };
  }

  /** The last checkpoint this run wrote or went on from; null when there is none. */
  public @Nullable Path checkpoint() {
    return checkpoint;
  }
}
