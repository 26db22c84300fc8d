package dev.lockstep.reference;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** Gradient clipping to a global norm (Pascanu et al. 2013, as PyTorch does it) and by value. */
public final class ClipFormula {
  /** Keeps a norm of zero from dividing by zero. */
  private static final double EPS = 1e-6;

  private ClipFormula() {}

  /** {@code √Σg²} over all elements of all tensors. */
  public static double norm(List<double[]> gradients) {
    return Math.sqrt(all(gradients).map(g -> g * g).sum());
  }

  /** {@code max|g|} over all elements of all tensors; NaN if any is. */
  public static double maxNorm(List<double[]> gradients) {
    return all(gradients).map(Math::abs).reduce(0, Math::max);
  }

  /** {@code min(1, maxNorm / (norm + 1e-6))}; NaN for a norm of NaN. */
  public static double factor(double norm, double maxNorm) {
    return Math.min(1, maxNorm / (norm + EPS));
  }

  /** Every gradient times the factor. */
  public static List<double[]> scaled(List<double[]> gradients, double factor) {
    return gradients.stream().map(g -> Arrays.stream(g).map(v -> v * factor).toArray()).toList();
  }

  /** {@code min(max(g, −bound), bound)}; NaN stays NaN. */
  public static double[] clamped(double[] gradient, double bound) {
    return Arrays.stream(gradient).map(g -> Math.min(Math.max(g, -bound), bound)).toArray();
  }

  private static DoubleStream all(List<double[]> gradients) {
    return gradients.stream().flatMapToDouble(Arrays::stream);
  }
}
