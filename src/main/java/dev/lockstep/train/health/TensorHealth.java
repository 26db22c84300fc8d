package dev.lockstep.train.health;

import java.util.OptionalDouble;

/**
 * Statistics of a tensor's elements.
 *
 * @param name for example {@code blocks.0.hidden}, or a parameter's
 * @param count elements
 * @param nonFinite those of them that are infinite or no number; the others make up what follows
 * @param mean NaN where there is none
 * @param rms root of the mean square; NaN where there is none
 * @param dead share of columns, units, that are 0 in every row; empty where that says nothing
 * @param saturated share of elements at which the activation has less than a hundredth of its
 *     steepest slope; empty for what has no asymptotes
 */
public record TensorHealth(
    String name,
    long count,
    long nonFinite,
    double mean,
    double rms,
    OptionalDouble dead,
    OptionalDouble saturated) {

  /** Statistics without shares of units. */
  public static TensorHealth of(String name, long count, long nonFinite, double mean, double rms) {
    return new TensorHealth(
        name, count, nonFinite, mean, rms, OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** Root of the sum of squares. */
  public double norm() {
    return rms * Math.sqrt(count - nonFinite);
  }
}
