package dev.lockstep.train;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.StepState;
import dev.lockstep.train.health.HealthProbe;
import dev.lockstep.train.health.StepHealth;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells what steps left behind, once it is known: to the log, and to who listens. */
final class StepReports {
  private final TrainConfig config;
  private final TrainListener listener;
  private final MetricsLog log;
  private final Progress progress;
  private final RunCheckpoints checkpoints;
  private final TrainingStep step;
  private final Parameters parameters;
  private final RunHealth health;

  StepReports(
      TrainConfig config,
      TrainListener listener,
      MetricsLog log,
      Progress progress,
      RunCheckpoints checkpoints,
      TrainingStep step,
      Parameters parameters) {
    this.config = config;
    this.listener = listener;
    this.log = log;
    this.progress = progress;
    this.checkpoints = checkpoints;
    this.step = step;
    this.parameters = parameters;
    health = new RunHealth(config, parameters);
  }

  /** What looks at the next step, before it is queued; null where nobody does. */
  @Nullable HealthProbe probe() {
    return health.probe(progress.steps() + 1, progress.isAtStart());
  }

  /**
   * Reports the latest steps.
   *
   * @param seconds they took together
   * @throws TrainingDivergedException at the first whose loss is not finite
   */
  void report(Stream stream, List<StepWindow.Outcome> outcomes, double seconds) {
    double rowsPerSecond = (double) outcomes.size() * config.rowsPerStep() / seconds;
    int first = progress.steps() - outcomes.size() + 1;
    for (int place = 0; place < outcomes.size(); place++) {
      int number = first + place;
      StepState.Values state = outcomes.get(place).state();
      Optional<StepHealth> seen = health.take(number, state);
      StepMetrics metrics = metrics(number, outcomes.get(place), rowsPerSecond, seen);
      boolean firstOfRun = progress.isAtStart();
      progress.add(metrics.loss());
      log.step(metrics);
      seen.ifPresent(this::tell);
      if (!Double.isFinite(metrics.loss())) {
        log.flush();
        throw diverged(stream, metrics, outcomes, place, seen);
      }
      if (metrics.skipped()) {
        listener.skipped(metrics);
      }
      if (firstOfRun || number % config.run().logEvery() == 0 || number == config.steps()) {
        listener.logged(metrics);
      }
    }
    log.flush();
  }

  private void tell(StepHealth seen) {
    log.health(seen);
    seen.warnings().forEach(warning -> listener.warned(seen.step(), warning));
  }

  private StepMetrics metrics(
      int number, StepWindow.Outcome outcome, double rowsPerSecond, Optional<StepHealth> seen) {
    StepState.Values state = outcome.state();
    String nonFinite =
        state.nonFinite() == 0 ? null : FirstNonFinite.gradient(parameters, state.nonFinite());
    return new StepMetrics(
        number,
        outcome.loss(),
        state.norm(),
        state.learningRate(),
        rowsPerSecond,
        state.skip(),
        state.skipped(),
        nonFinite == null ? null : first(seen).orElse(nonFinite),
        state.lossScale());
  }

  private static Optional<String> first(Optional<StepHealth> seen) {
    return seen.flatMap(StepHealth::firstNonFinite).map(StepHealth.NonFinite::toString);
  }

  private TrainingDivergedException diverged(
      Stream stream,
      StepMetrics metrics,
      List<StepWindow.Outcome> outcomes,
      int place,
      Optional<StepHealth> seen) {
    return new TrainingDivergedException(
        metrics.step(),
        metrics.loss(),
        new FirstNonFinite(parameters, step, health).find(stream, outcomes, place, seen),
        checkpoints);
  }
}
