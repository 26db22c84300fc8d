package dev.lockstep.train;

/** Ends a run whose validation no longer improves. */
final class Patience {
  private final int most;
  private double best = Double.POSITIVE_INFINITY;
  private int sinceBest;

  /**
   * @param most validations without a better one; 0 waits for ever
   */
  Patience(int most) {
    this.most = most;
  }

  /** Goes on from an earlier run. */
  void restore(Checkpoint.Counters counters) {
    best = counters.best();
    sinceBest = counters.sinceBest();
  }

  /** Takes a validation in; whether it is the best so far. */
  boolean take(Validation validation) {
    if (validation.score() < best) {
      best = validation.score();
      sinceBest = 0;
      return true;
    }
    sinceBest++;
    return false;
  }

  boolean exhausted() {
    return most > 0 && sinceBest >= most;
  }

  /** Infinite before the first. */
  double best() {
    return best;
  }

  int sinceBest() {
    return sinceBest;
  }
}
