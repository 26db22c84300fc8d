package dev.lockstep.grill.toy;

/** How far apart two lists of numbers of the same length are. */
public final class Vectors {
  private Vectors() {}

  /** Root of the sum of squares. */
  public static double norm(double[] x) {
    double sum = 0;
    for (double each : x) {
      sum += each * each;
    }
    return Math.sqrt(sum);
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
