package dev.lockstep.grill.toy;

/** Targets as the probabilities they stand for. */
public final class OneHot {
  private OneHot() {}

  /** {@code [targets, classes]}: 1 where a row has its target, 0 elsewhere. */
  public static double[] of(int classes, int... targets) {
    double[] all = new double[targets.length * classes];
    for (int row = 0; row < targets.length; row++) {
      all[row * classes + targets[row]] = 1;
    }
    return all;
  }
}
