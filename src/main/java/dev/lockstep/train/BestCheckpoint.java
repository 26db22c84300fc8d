package dev.lockstep.train;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint of the best validation on the way.
 *
 * @param checkpoint path of the file
 * @param step steps the model was trained for
 * @param score its {@link Validation#score}
 */
public record BestCheckpoint(String checkpoint, int step, double score) {
  /**
   * The one a run begins with. What an earlier run left is deleted, unless this one goes on from
   * it; then it counts where it holds the validation that the run remembers as its best.
   */
  static @Nullable BestCheckpoint at(
      OutputFolder files, TrainConfig config, @Nullable Checkpoint resumed) {
    Path resume = config.run().resume();
    try {
      if (!files.continues(resume) && !files.returnsToBest(resume)) {
        Files.deleteIfExists(files.best());
      }
    } catch (IOException e) {
      throw new RunFileException(files.best() + " cannot be replaced: " + FileFailure.reason(e), e);
    }
    if (resumed == null || !Files.exists(files.best())) {
      return null;
    }
    double best = resumed.counters().best();
    try {
      Checkpoint kept = Checkpoint.read(files.best(), config.model());
      return kept.counters().best() == best
          ? new BestCheckpoint(files.best().toString(), kept.step(), best)
          : null;
    } catch (IllegalArgumentException damaged) {
      return null; // the next best one replaces it
    }
  }
}
