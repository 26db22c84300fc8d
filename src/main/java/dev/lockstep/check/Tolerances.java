package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Ulp;

/**
 * The one table of tolerances. Each row counts where rounding happens between exact inputs and a
 * result, and is never adjusted to what a kernel happens to reach:
 *
 * <pre>
 * tolerance = storedRoundings · u(dtype) · scale
 *           + (inputRoundings · u(dtype) + arithmetic · growth(length) · u(f32)) · magnitude
 *           + the smallest number the type can store
 * </pre>
 *
 * u is the unit roundoff, {@code scale} the largest magnitude in the expected tensor, {@code
 * magnitude} the largest magnitude that meets rounding on the way there (at least the scale): sums
 * that cancel keep the errors of their terms. {@code length} is the number of terms of the longest
 * sum. Rounding errors of many terms have random signs and add up like their square root (Higham
 * and Mary 2019, <a href="https://doi.org/10.1137/18M1226312">probabilistic error analysis</a>).
 */
public enum Tolerances {
  /** Bits are copied or rounded exactly once from the same number: nothing may differ. */
  EXACT(0, 0, 0, Growth.NONE),

  /** Double precision on both sides: some hundred roundings of sums taken in another order. */
  HOST(1000, 0, 0, Growth.NONE),

  /** One activation: an exponential, tanh or erf in fp32 (≤ 4u) in a product or two, stored. */
  ACTIVATION(1, 0, 12, Growth.NONE),
  /** Its derivative: two such functions, and terms that grow before they cancel. */
  ACTIVATION_GRADIENT(1, 0, 24, Growth.NONE),

  /** x·Wᵀ + b: one sum of K products, stored once. */
  PRODUCT(1, 0, 4, Growth.SUM),
  /**
   * The same as tensor cores add up, which is not documented; as MMA-Sim models them, each group of
   * g products cuts g + 1 terms toward zero at 2⁻²⁴ of the largest and the sum at 2⁻²³: with the
   * groups of sm_80 and sm_90 less than 2 u a product, all in one direction. The magnitude is that
   * of the sum of all magnitudes.
   */
  TENSOR_PRODUCT(1, 0, 2, Growth.STEPS),
  /**
   * The same with factors rounded to TF32, which has 11 significant bits: either is off by at most
   * 2⁻¹¹, 2¹³ times what fp32 is, and these errors have random signs as well.
   */
  TF32_PRODUCT(1, 0, 2 * 0x1p13 + 4, Growth.SUM),
  /** A product through an activation, whose argument was stored too. */
  ACTIVATED_PRODUCT(2, 0, 12, Growth.SUM),
  /** A gradient through an activation: its argument, dz and the result are stored. */
  ACTIVATED_PRODUCT_GRADIENT(3, 0, 12, Growth.SUM),
  /** A sum over rows kept in fp32: exact terms, nothing stored in between. */
  ROW_SUM(0, 0, 4, Growth.SUM),
  /** A sum over rows kept in fp32 of products of factors rounded to TF32. */
  TF32_ROW_SUM(0, 0, 2 * 0x1p13 + 4, Growth.SUM),
  /** A sum over rows kept in fp32 of terms that passed an activation: argument and dz stored. */
  ACTIVATED_ROW_SUM(0, 2, 12, Growth.SUM),

  /** down(act(gate)·up): gate, up, their product and the result are stored. */
  GATED_OUTPUT(4, 0, 16, Growth.SUM),
  /** Its input's gradient: gate, up, dh, their gradients and the result are stored. */
  GATED_INPUT_GRADIENT(5, 0, 16, Growth.SUM),
  /** Its weights' gradients, kept in fp32: gate, up, dh and their gradients are stored. */
  GATED_WEIGHT_GRADIENT(0, 4, 16, Growth.SUM),

  /** Two numbers added and stored. */
  SUM(1, 0, 2, Growth.NONE),
  /** A sum or a mean over a row, by a tree, kept in fp32. */
  STATISTIC(0, 0, 4, Growth.TREE),
  /** A normalised row, stored: subtraction, rstd from a tree, two products. */
  NORMALIZED(1, 0, 6, Growth.TREE),
  /** The same of a sum that was stored first. */
  NORMALIZED_SUM(1, 1, 6, Growth.TREE),
  /** A statistic of a sum that was stored first. */
  STATISTIC_OF_SUM(0, 1, 4, Growth.TREE),
  /** Gradient of a normalised row: two more trees, stored. */
  NORM_GRADIENT(1, 0, 12, Growth.TREE),
  /** The same of a sum that was stored first. */
  NORM_GRADIENT_OF_SUM(1, 1, 12, Growth.TREE),
  /** Gradient of a norm's weight, kept in fp32: a sum over rows of normalised values. */
  NORM_WEIGHT_GRADIENT(0, 0, 8, Growth.SUM),
  /** The same where the normalised sum was stored first. */
  NORM_WEIGHT_GRADIENT_OF_SUM(0, 1, 8, Growth.SUM),

  /** e^(x − max) (≤ 8u) over a tree's sum, or x − lse; stored. */
  SOFTMAX(1, 0, 12, Growth.TREE),
  /** The same times what another tree adds up, from y as it was stored. */
  SOFTMAX_GRADIENT(1, 2, 12, Growth.TREE),

  /** lse − x[target] and what smoothing and z-loss add, kept in fp32; logits are exact. */
  CROSS_ENTROPY(0, 0, 8, Growth.TREE),
  /** softmax − target, scaled and stored. */
  CROSS_ENTROPY_GRADIENT(1, 0, 8, Growth.TREE),

  /** The same of the logits of a product, which were stored: two of them meet in a loss. */
  LINEAR_CROSS_ENTROPY(0, 2, 12, Growth.SUM),
  /** Its gradient of x: the logits' gradient is stored, multiplied and stored again. */
  LINEAR_CROSS_ENTROPY_GRADIENT(1, 1, 12, Growth.SUM),
  /** Its gradients of weight and bias, kept in fp32: the logits' gradient is stored. */
  LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT(0, 1, 12, Growth.SUM),

  /**
   * One binary cross-entropy, stored: e^−|x| (≤ 8u and |x|·2u, of which x e^−|x| ≤ 0.4 is left),
   * log1p (4u), a product and a sum, all of positive terms.
   */
  BINARY_CROSS_ENTROPY(1, 0, 18, Growth.NONE),
  /** The same added over all elements in fp32. */
  BINARY_CROSS_ENTROPY_SUM(0, 0, 18, Growth.TREE),
  /** Two sigmoids from that exponential, weighted, and up to four products; stored. */
  BINARY_CROSS_ENTROPY_GRADIENT(1, 0, 20, Growth.NONE),

  /** A difference and its square, stored. */
  SQUARED_ERROR(1, 0, 3, Growth.NONE),
  /** The same added over all elements in fp32. */
  SQUARED_ERROR_SUM(0, 0, 4, Growth.TREE),
  /** A difference times up to three factors, stored. */
  SQUARED_ERROR_GRADIENT(1, 0, 5, Growth.NONE),

  /** An element times 1 / (1 − p), itself rounded, and the residual added; stored. */
  DROPPED_OUT(1, 0, 3, Growth.NONE),

  /**
   * One layer of a network, forward or backward: at most norm, gate or up, their product and the
   * branch's result are stored.
   */
  LAYER(4, 0, 16, Growth.SUM),
  /** What one layer does to a mean or a norm over many numbers, whose errors average out. */
  LAYER_AVERAGE(1, 0, 8, Growth.NONE),

  /** A table's gradient, kept in fp32: the sum of exact rows that used an entry. */
  LOOKUP_GRADIENT(0, 0, 2, Growth.SUM),

  /** A norm over all gradients, kept in fp32: sums of scaled squares by chunks and trees. */
  GLOBAL_NORM(0, 0, 8, Growth.TREE),
  /** A gradient times the clip factor, stored; the factor has the norm's error. */
  CLIPPED(1, 0, 10, Growth.TREE),

  /**
   * A weight after AdamW: some ten fp32 operations per step on numbers of its own size and the
   * learning rate's; {@code length} counts steps.
   */
  OPTIMIZED(0, 0, 4, Growth.STEPS),
  /** A moment of AdamW: three fp32 operations per step, decayed by the next. */
  MOMENT(0, 0, 4, Growth.NONE),
  /** The compute copy of such a weight, stored. */
  OPTIMIZED_COPY(1, 0, 4, Growth.STEPS);

  /** How the error of a sum grows with its length. */
  private enum Growth {
    /** There is no sum. */
    NONE,
    /** In order, or by tiles in order: like a random walk. */
    SUM,
    /** By threads, then by a tree: a random walk along its depth. */
    TREE,
    /** Each step, or each term, adds its own. */
    STEPS;

    private double of(long length) {
      return switch (this) {
        case NONE -> 1;
        case SUM -> Math.sqrt(length);
        case TREE -> 1 + Math.sqrt(Math.log(length) / Math.log(2));
        case STEPS -> length;
      };
    }
  }

  private final int storedRoundings;
  private final int inputRoundings;
  private final double arithmetic;
  private final Growth growth;

  Tolerances(int storedRoundings, int inputRoundings, double arithmetic, Growth growth) {
    this.storedRoundings = storedRoundings;
    this.inputRoundings = inputRoundings;
    this.arithmetic = arithmetic;
    this.growth = growth;
  }

  /**
   * The largest error allowed.
   *
   * @param dtype storage type of the problem
   * @param length terms of the longest sum on the way, at least 1
   * @param scale largest magnitude expected
   * @param magnitude largest magnitude that meets rounding on the way
   */
  public double of(DType dtype, long length, double scale, double magnitude) {
    if (this == EXACT) {
      return 0;
    }
    double u = dtype.unitRoundoff();
    double fp32 = arithmetic * growth.of(length) * DType.F32.unitRoundoff();
    return storedRoundings * u * scale
        + (inputRoundings * u + fp32) * Math.max(scale, magnitude)
        + Ulp.spacing(dtype, 0);
  }

  /** The same for an fp32 result added to an accumulator of {@link Trial#accumulator}. */
  public double ofAccumulated(DType dtype, long length, double scale, double magnitude) {
    return of(dtype, length, scale, magnitude)
        + DType.F32.unitRoundoff() * (Trial.ACCUMULATOR_START + scale);
  }
}
