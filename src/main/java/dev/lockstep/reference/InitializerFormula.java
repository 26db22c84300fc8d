package dev.lockstep.reference;

/** Standard deviations that weights are drawn with beside those that models of ours know. */
public final class InitializerFormula {
  private InitializerFormula() {}

  /**
   * {@code std/√(2 layers)} for what is added to a residual stream twice a layer (Radford et al.
   * 2019, GPT-2).
   */
  public static double residual(double deviation, int layers) {
    return deviation / Math.sqrt(2.0 * layers);
  }

  /** b for which a number drawn evenly from −b to b has this deviation: {@code √3 std}. */
  public static double uniformBound(double deviation) {
    return Math.sqrt(3) * deviation;
  }

  /** The deviation of a number drawn evenly from −b to b; PyTorch's linear layers have 1/√in. */
  public static double ofUniform(double bound) {
    return bound / Math.sqrt(3);
  }

  /** The deviation left of a normal distribution cut at {@code cut} deviations on both sides. */
  public static double truncated(double deviation, double cut) {
    double density = Math.exp(-cut * cut / 2) / Math.sqrt(2 * Math.PI);
    return deviation * Math.sqrt(1 - 2 * cut * density / Erf.erf(cut / Math.sqrt(2)));
  }
}
