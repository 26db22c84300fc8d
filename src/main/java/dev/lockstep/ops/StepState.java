package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * What changes from one optimizer step to the next, in 64 bytes on the device: the host writes
 * learning rate and loss scale, kernels write the rest. Kernels read it there, so a step needs no
 * answer from the device and no new kernel parameters.
 *
 * <pre>
 *   0 f32 learningRate   16 f32 norm         32 f32 biasCorrection1   48 f32 stepSize
 *   4 f32 lossScale      20 f32 clipFactor   36 f32 biasCorrection2   52 f32 rootCorrection
 *   8 i32 step           24 f32 gradFactor   40 f32 firstGain         56 i32 goodSteps
 *  12 i32 skipped        28 i32 nonFinite    44 f32 secondGain        60 i32 skip
 * </pre>
 */
public final class StepState {
  /** The storage a step state needs. */
  public static final DType DTYPE = DType.I32;

  /** The storage a step state needs. */
  public static final Shape SHAPE = Shape.of(16);

  /** Below this, gradients that a norm takes for harmless could become infinite by unscaling. */
  public static final float LEAST_LOSS_SCALE = 0x1p-64f;

  private static final int LEARNING_RATE = 0;
  private static final int LOSS_SCALE = 1;
  private static final int STEP = 2;
  private static final int SKIPPED = 3;
  private static final int NORM = 4;
  private static final int CLIP_FACTOR = 5;
  private static final int GRAD_FACTOR = 6;
  private static final int NON_FINITE = 7;
  private static final int BIAS_CORRECTION_1 = 8;
  private static final int BIAS_CORRECTION_2 = 9;
  private static final int GOOD_STEPS = 14;
  private static final int SKIP = 15;

  private final Tensor storage;
  private final Fill fill;

  /** A state in the caller's memory; {@link #reset} it before its first use. */
  public StepState(KernelLibrary library, Tensor storage) {
    if (storage.dtype() != DTYPE || storage.count() != SHAPE.count()) {
      throw new IllegalArgumentException(
          "a step state lives in %s%s, not in %s".formatted(DTYPE.suffix(), SHAPE, storage));
    }
    this.storage = storage.reshape(SHAPE);
    this.fill = new Fill(library);
  }

  /** Queues: no steps yet, learning rate 0, loss scale 1, gradients taken as they are. */
  public void reset(Stream stream) {
    storage.zero(stream);
    setLossScale(stream, 1);
    fill.fill(stream, storage.slice(CLIP_FACTOR, 2).reinterpret(DType.F32, Shape.of(2)), 1);
  }

  /**
   * Queues a new learning rate.
   *
   * @throws IllegalArgumentException unless finite and at least 0
   */
  public void setLearningRate(Stream stream, float value) {
    requireLearningRate(value);
    fill.fill(stream, field(LEARNING_RATE), value);
  }

  /** Queues taking the learning rate from an f32 scalar on the device. */
  public void takeLearningRate(Stream stream, Tensor rate) {
    field(LEARNING_RATE).copyFrom(stream, rate);
  }

  /**
   * Passes on a learning rate a step can go by.
   *
   * @throws IllegalArgumentException unless finite and at least 0
   */
  public static void requireLearningRate(float value) {
    if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "learning rate " + value + " must be finite and at least 0");
    }
  }

  /**
   * Queues a new loss scale: what the loss was multiplied by before backward.
   *
   * @throws IllegalArgumentException unless finite and at least {@link #LEAST_LOSS_SCALE}
   */
  public void setLossScale(Stream stream, float value) {
    if (!(value >= LEAST_LOSS_SCALE && value < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "loss scale " + value + " must be finite and at least " + LEAST_LOSS_SCALE);
    }
    fill.fill(stream, field(LOSS_SCALE), value);
  }

  /**
   * Queues the loss scale of an earlier run and the steps since it changed, to go on from there.
   *
   * @throws IllegalArgumentException as {@link #setLossScale}, and when goodSteps is negative
   */
  public void setLossScale(Stream stream, float value, int goodSteps) {
    if (goodSteps < 0) {
      throw new IllegalArgumentException("good steps " + goodSteps + " must be at least 0");
    }
    setLossScale(stream, value);
    storage.slice(GOOD_STEPS, 1).copyFrom(stream, new int[] {goodSteps});
  }

  /** Queues counters of an earlier run, to go on from there. */
  public void setSteps(Stream stream, int step, int skipped) {
    if (step < 0 || skipped < 0) {
      throw new IllegalArgumentException(
          "step %d and skipped %d must be at least 0".formatted(step, skipped));
    }
    storage.slice(STEP, 2).copyFrom(stream, new int[] {step, skipped});
  }

  /** The loss scale as an f32 scalar on the device: the upstream gradient of the loss. */
  public Tensor lossScale() {
    return field(LOSS_SCALE);
  }

  /** What every gradient is to be multiplied by, clipping and unscaling, as a device scalar. */
  public Tensor gradFactor() {
    return field(GRAD_FACTOR);
  }

  /** Waits for the stream and reads everything. */
  public Values read(Stream stream) {
    try (HostTensor host = new HostTensor(DTYPE, SHAPE)) {
      storage.copyTo(stream, host);
      stream.synchronize();
      return Values.of(host.toInts());
    }
  }

  /** All 64 bytes, for the ops that take them whole and for copies to read later. */
  public Tensor storage() {
    return storage;
  }

  private Tensor field(int index) {
    return storage.slice(index, 1).reinterpret(DType.F32, Shape.of(1));
  }

  /**
   * The state as it was at one moment.
   *
   * @param learningRate of the next step
   * @param lossScale what the loss is multiplied by
   * @param step optimizer steps applied so far
   * @param skipped steps left out because a gradient was not finite
   * @param norm norm of all gradients together, unscaled
   * @param clipFactor min(1, maxNorm / norm)
   * @param gradFactor clipFactor / lossScale
   * @param nonFinite 1 + the index of the first tensor with a non-finite gradient; 0 for none
   * @param biasCorrection1 1 − β₁ˢᵗᵉᵖ
   * @param biasCorrection2 1 − β₂ˢᵗᵉᵖ
   * @param goodSteps steps since the loss scale last changed
   * @param skip whether the step left everything as it was
   */
  public record Values(
      float learningRate,
      float lossScale,
      int step,
      int skipped,
      float norm,
      float clipFactor,
      float gradFactor,
      int nonFinite,
      float biasCorrection1,
      float biasCorrection2,
      int goodSteps,
      boolean skip) {

    /**
     * Decodes the 16 words of a state, however they reached the host.
     *
     * @throws IllegalArgumentException for another number of words
     */
    public static Values of(int[] words) {
      if (words.length != SHAPE.count()) {
        throw new IllegalArgumentException(
            "a step state has %d words, not %d".formatted(SHAPE.count(), words.length));
      }
      return new Values(
          Float.intBitsToFloat(words[LEARNING_RATE]),
          Float.intBitsToFloat(words[LOSS_SCALE]),
          words[STEP],
          words[SKIPPED],
          Float.intBitsToFloat(words[NORM]),
          Float.intBitsToFloat(words[CLIP_FACTOR]),
          Float.intBitsToFloat(words[GRAD_FACTOR]),
          words[NON_FINITE],
          Float.intBitsToFloat(words[BIAS_CORRECTION_1]),
          Float.intBitsToFloat(words[BIAS_CORRECTION_2]),
          words[GOOD_STEPS],
          words[SKIP] != 0);
    }
  }
}
