package dev.lockstep.train;

/**
 * What is known of one step.
 *
 * @param step from 1
 * @param loss mean cross-entropy of the step's rows before its update, in nats
 * @param gradientNorm norm of all gradients together, before clipping
 * @param learningRate what the step went by
 * @param tokensPerSecond predicted tokens per second of wall time, over all steps since the device
 *     was last waited for
 * @param skipped whether the step changed nothing, because a gradient was not finite
 */
public record StepMetrics(
    int step,
    double loss,
    double gradientNorm,
    double learningRate,
    double tokensPerSecond,
    boolean skipped) {
  /** The loss in bits for each predicted byte. */
  public double bitsPerByte() {
    return loss / Math.log(2);
  }
}
