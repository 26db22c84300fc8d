package dev.lockstep.train;

import dev.lockstep.device.Stream;
import dev.lockstep.optim.LearningRateSchedule;
import java.io.UncheckedIOException;
import java.util.List;

/** The steps of a run in their order, with the reports, validations and checkpoints between. */
final class TrainingLoop {
  private final TrainConfig config;
  private final LearningRateSchedule schedule;
  private final Task task;
  private final TrainListener listener;
  private final Progress progress;
  private final RunCheckpoints checkpoints;
  private final TrainingStep step;
  private final StepWindow window;
  private final StepReports reports;
  private final Validations validations;

  TrainingLoop(
      TrainConfig config,
      Task task,
      TrainListener listener,
      Progress progress,
      RunCheckpoints checkpoints,
      TrainingStep step,
      StepWindow window,
      StepReports reports,
      Validations validations) {
    this.config = config;
    schedule = config.schedule();
    this.task = task;
    this.listener = listener;
    this.progress = progress;
    this.checkpoints = checkpoints;
    this.step = step;
    this.window = window;
    this.reports = reports;
    this.validations = validations;
  }

  /** All steps and the last checkpoint, which is tried for when the log cannot be written. */
  void run(Stream stream) {
    try {
      steps(stream);
    } catch (UncheckedIOException e) {
      try {
        writeCheckpoint(stream);
      } catch (UncheckedIOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    writeCheckpoint(stream);
  }

  private void steps(Stream stream) {
    while (isBeforeEnd() && !progress.stopRequested() && !validations.patience().exhausted()) {
      long begin = System.nanoTime();
      int count = queueUntil(stream, endOfWindow());
      List<StepWindow.Outcome> outcomes = window.read(stream, count);
      double elapsed = (System.nanoTime() - begin) * 1e-9;
      progress.took(elapsed);
      reports.report(stream, outcomes, elapsed);
      if (at(config.run().validateEvery()) || validatesAtEnd()) {
        validate(stream);
      }
      if (at(config.run().checkpointEvery())) {
        writeCheckpoint(stream);
      }
    }
  }

  private boolean isBeforeEnd() {
    return progress.steps() < config.steps();
  }

  /** Whether something that happens every so many steps happens now. */
  private boolean at(int every) {
    return every > 0 && progress.steps() % every == 0;
  }

  /** The last validation is one of those among which the best is looked for. */
  private boolean validatesAtEnd() {
    return config.run().validateEvery() > 0 && !isBeforeEnd();
  }

  /** The next step after which something has to be known on the host. */
  private int endOfWindow() {
    int done = progress.steps();
    int end = Math.min(config.steps(), done + window.size());
    for (int every :
        new int[] {
          config.run().logEvery(),
          config.run().checkpointEvery(),
          config.run().validateEvery(),
          config.run().healthEvery()
        }) {
      end = every == 0 ? end : Math.min(end, (done / every + 1) * every);
    }
    return progress.isAtStart() ? done + 1 : end;
  }

  private int queueUntil(Stream stream, int end) {
    int first = progress.steps();
    int done = first;
    while (done < end && (done == first || !progress.stopRequested())) {
      int place = done - first;
      for (int pass = 0; pass < config.accumulation(); pass++) {
        task.fill(window.batch(place, pass), done, pass * config.batch());
      }
      step.queue(stream, place, schedule.at(done), reports.probe());
      progress.stepQueued();
      done = progress.steps();
      listener.stepQueued(done);
    }
    return done - first;
  }

  private void validate(Stream stream) {
    int done = progress.steps();
    Patience patience = validations.patience();
    if (validations.onTheWay(stream, done)) {
      checkpoints.writeBest(step.checkpoint(stream, config, done, patience), patience.best());
    }
    if (patience.exhausted() && isBeforeEnd()) {
      listener.stoppedEarly(done, patience.sinceBest(), patience.best());
    }
  }

  private void writeCheckpoint(Stream stream) {
    int done = progress.steps();
    checkpoints.write(done, () -> step.checkpoint(stream, config, done, validations.patience()));
  }
}
