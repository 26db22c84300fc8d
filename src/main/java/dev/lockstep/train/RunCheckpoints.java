package dev.lockstep.train;

import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The checkpoints of a run: the one it goes on from, the last one it wrote, and the best. */
final class RunCheckpoints {
  private final TrainConfig config;
  private final OutputFolder files;
  private final TrainListener listener;
  private final @Nullable Checkpoint resumed;
  private @Nullable Path last;
  private int lastStep;
  private @Nullable BestCheckpoint best;

  /**
   * Reads the checkpoint to go on from, if there is to be one.
   *
   * @throws IllegalArgumentException when it cannot be read, or the run cannot go on from it
   */
  RunCheckpoints(TrainConfig config, OutputFolder files, TrainListener listener) {
    this.config = config;
    this.files = files;
    this.listener = listener;
    last = config.run().resume();
    resumed = last == null ? null : Checkpoint.read(last, config.model());
    if (resumed != null) {
      requireContinuable(resumed);
      lastStep = resumed.step();
    }
  }

  private void requireContinuable(Checkpoint checkpoint) {
    if (!checkpoint.moments().keySet().equals(Set.copyOf(config.optimizer().moments()))) {
      throw new IllegalArgumentException(
          "checkpoint %s is of a run with optimizer %s and momentum %s, here they are %s and %s"
              .formatted(
                  last,
                  checkpoint.knobs().getOrDefault("optimizer", "adamw"),
                  checkpoint.knobs().getOrDefault("momentum", "0.0"),
                  config.optimizer().kind().label(),
                  config.optimizer().momentum()));
    }
    if (checkpoint.step() >= config.steps()) {
      throw new IllegalArgumentException(
          "checkpoint %s is of step %d already; steps must be more than %d, not %d"
              .formatted(last, checkpoint.step(), checkpoint.step(), config.steps()));
    }
  }

  /** The one to go on from; null when the run begins anew. */
  @Nullable Checkpoint resumed() {
    return resumed;
  }

  /** Keeps or deletes the best one of an earlier run. */
  void begin() {
    best = BestCheckpoint.at(files, config, resumed);
  }

  /**
   * Writes one, unless the last one is this run's own and of that step.
   *
   * @param state what it holds after {@code step} steps
   * @throws RunFileException when it cannot be written
   */
  void write(int step, Supplier<Checkpoint> state) {
    if (lastStep == step && files.checkpoint().equals(last)) {
      return;
    }
    state.get().write(files.checkpoint(), config.model());
    last = files.checkpoint();
    lastStep = step;
    listener.checkpointWritten(files.checkpoint(), step);
  }

  /**
   * Replaces the best one.
   *
   * @throws RunFileException when it cannot be written
   */
  void writeBest(Checkpoint state, double score) {
    state.replace(files.best(), config.model());
    best = new BestCheckpoint(files.best().toString(), state.step(), score);
  }

  /** The best one, where validation looked for it. */
  @Nullable BestCheckpoint best() {
    return best;
  }

  /** The last one this run wrote or went on from; null when there is none. */
  @Nullable Path last() {
    return last;
  }

  /** What is left of a run, in words. */
  String lastGood() {
    return last == null
        ? "no checkpoint had been written"
        : "the last good checkpoint, of step %d, is %s".formatted(lastStep, last);
  }
}
