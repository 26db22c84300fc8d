package dev.lockstep.train;

import java.util.ArrayList;
import java.util.List;

/** How far a run has come. That it shall stop may be said from any thread. */
final class Progress {
  private final List<Double> losses = new ArrayList<>();
  private int steps;
  private double seconds;
  private volatile boolean stopRequested;

  /** Counts the steps of the run that this one continues. */
  void goOnAfter(int stepsBefore) {
    steps = stepsBefore;
  }

  void stepQueued() {
    steps++;
  }

  /** Steps queued so far, those before a resumption included. */
  int steps() {
    return steps;
  }

  /** Takes the mean loss of the next step of this run, in nats. */
  void add(double loss) {
    losses.add(loss);
  }

  /** Whether no step of this run is known to have ended. */
  boolean isAtStart() {
    return losses.isEmpty();
  }

  /** Losses of this run's steps so far. */
  List<Double> losses() {
    return List.copyOf(losses);
  }

  /** Adds the wall time of some steps. */
  void took(double more) {
    seconds += more;
  }

  /** Mean wall time of this run's steps; NaN when there was none. */
  double secondsPerStep() {
    return losses.isEmpty() ? Double.NaN : seconds / losses.size();
  }

  void requestStop() {
    stopRequested = true;
  }

  boolean stopRequested() {
    return stopRequested;
  }
}
