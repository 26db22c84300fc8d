package dev.lockstep.train;

import org.jspecify.annotations.Nullable;

/**
 * What is known of one step.
 *
 * @param step from 1
 * @param loss mean cross-entropy of the step's rows before its update, in nats
 * @param gradientNorm norm of all gradients together, before clipping
 * @param learningRate what the step went by
 * @param rowsPerSecond predictions per second of wall time, over all steps since the device was
 *     last waited for
 * @param skipped whether the step changed nothing, because a gradient was not finite
 * @param skippedSoFar such steps in the whole run, this one included
 * @param nonFinite the first gradient that was not finite; null when all were
 * @param lossScale what the step's loss was multiplied by before its backward pass
 */
public record StepMetrics(
    int step,
    double loss,
    double gradientNorm,
    double learningRate,
    double rowsPerSecond,
    boolean skipped,
    int skippedSoFar,
    @Nullable String nonFinite,
    double lossScale) {
  /** The loss in bits for each predicted byte. */
  public double bitsPerByte() {
    return loss / Math.log(2);
  }
}
