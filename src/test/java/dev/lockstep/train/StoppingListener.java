package dev.lockstep.train;

import dev.lockstep.device.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Remembers what a run told, and may stop it after a step. */
final class StoppingListener implements TrainListener {
  private final int last;
  private final List<StepMetrics> skipped = new ArrayList<>();
  private final TreeMap<Integer, Validation> validations = new TreeMap<>();
  private final List<Integer> bests = new ArrayList<>();
  private @Nullable RunInfo info;
  private Runnable stop = () -> {};

  /** Lets the run come to its end. */
  StoppingListener() {
    this(-1);
  }

  /** Stops the run after a step. */
  StoppingListener(int last) {
    this.last = last;
  }

  /** Runs what is configured, listening. */
  TrainSummary run(TrainConfig config, Devices.Choice device) {
    Trainer trainer = new Trainer(config, device, this);
    stop = trainer::requestStop;
    return trainer.run();
  }

  RunInfo info() {
    return Objects.requireNonNull(info);
  }

  /** The steps that changed nothing. */
  List<StepMetrics> skipped() {
    return skipped;
  }

  /** Those on the way, by their steps. */
  TreeMap<Integer, Validation> validations() {
    return validations;
  }

  /** The steps whose validation was the best so far. */
  List<Integer> bests() {
    return bests;
  }

  @Override
  public void started(RunInfo of) {
    info = of;
  }

  @Override
  public void skipped(StepMetrics metrics) {
    skipped.add(metrics);
  }

  @Override
  public void validated(int step, Validation validation, boolean best) {
    validations.put(step, validation);
    if (best) {
      bests.add(step);
    }
  }

  @Override
  public void stepQueued(int step) {
    if (step == last) {
      stop.run();
    }
  }
}
