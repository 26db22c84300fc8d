package dev.lockstep.grill.toy;

import dev.lockstep.reference.ClipFormula;
import java.util.List;

/** How long lists of numbers are, and how far apart two of the same length. */
public final class Vectors {
  private Vectors() {}

  /** Root of the sum of squares. */
  public static double norm(double[] x) {
    return ClipFormula.norm(List.of(x));
  }

  /** The largest difference of two elements. */
  public static double farthest(double[] x, double[] y) {
    double largest = 0;
    for (int i = 0; i < x.length; i++) {
      largest = Math.max(largest, Math.abs(x[i] - y[i]));
    }
    return largest;
  }

  /** Norm of the difference to what is right, over the norm of that. */
  public static double relativeError(double[] x, double[] right) {
    double[] difference = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      difference[i] = x[i] - right[i];
    }
    return norm(difference) / norm(right);
  }
}
