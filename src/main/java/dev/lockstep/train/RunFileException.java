package dev.lockstep.train;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A file of a run cannot be written; the message says why. */
public final class RunFileException extends UncheckedIOException {
  RunFileException(String message, IOException cause) {
    super(message, cause);
  }

  /** The log failed, which the last checkpoint outlives. */
  RunFileException(MetricsLog.FailedException log, RunCheckpoints checkpoints) {
    super(log.getMessage() + "; " + checkpoints.lastGood(), log.getCause());
    addSuppressed(log);
  }
}
