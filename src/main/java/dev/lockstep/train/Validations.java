package dev.lockstep.train;

import dev.lockstep.device.Stream;
import org.jspecify.annotations.Nullable;

/** The validations of a run, on the way and at its end: told, logged, and weighed by patience. */
final class Validations {
  private final Evaluator evaluator;
  private final MetricsLog log;
  private final TrainListener listener;
  private final Patience patience;
  private @Nullable Validation latest;
  private int latestStep;

  Validations(TrainConfig config, Evaluator evaluator, MetricsLog log, TrainListener listener) {
    this.evaluator = evaluator;
    this.log = log;
    this.listener = listener;
    patience = new Patience(config.run().patience());
  }

  /** How long the run has waited for a better one. */
  Patience patience() {
    return patience;
  }

  /** Validates on the way, after so many steps; whether it is the best so far. */
  boolean onTheWay(Stream stream, int step) {
    Validation found = evaluator.validate(stream, listener);
    latest = found;
    latestStep = step;
    log.validation(step, found);
    boolean better = patience.take(found);
    listener.validated(step, found, better);
    return better;
  }

  /** The validation of the model a run ends with, which may just have been validated. */
  Validation last(Stream stream, int step) {
    Validation known = latest;
    Validation found =
        known != null && latestStep == step ? known : evaluator.validate(stream, listener);
    log.validation(found);
    return found;
  }
}
