package dev.lockstep.reference;

/** Softmax over the last dimension. */
public final class SoftmaxFormula {
  private SoftmaxFormula() {}

  /** {@code exp(x) / Σ exp(x)}. */
  public static Variable softmax(Variable x) {
    return Primitives.mapByOutput(logSoftmax(x), Math::exp, y -> y);
  }

  /** {@code x − log Σ exp(x)}. */
  public static Variable logSoftmax(Variable x) {
    return Primitives.addScaled(x, -1, Views.acrossColumns(Primitives.logSumExp(x), x));
  }
}
