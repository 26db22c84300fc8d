package dev.lockstep.reference;

/** Standard deviations that weights are drawn with, as functions of how many they connect. */
public final class InitializerFormula {
  private InitializerFormula() {}

  /** {@code √(1/in)} (LeCun et al. 1998, "Efficient BackProp"). */
  public static double lecun(int fanIn) {
    return Math.sqrt(1.0 / fanIn);
  }

  /** {@code √(2/(in + out))} (Glorot and Bengio 2010). */
  public static double xavier(int fanIn, int fanOut) {
    return Math.sqrt(2.0 / (fanIn + fanOut));
  }

  /**
   * {@code √(2/((1 + a²) fan))} (He et al. 2015, <a
   * href="https://arxiv.org/abs/1502.01852">1502.01852</a>).
   *
   * @param fan in, or out to preserve the gradient instead
   * @param slope a, of a leaky relu; 0 for relu
   */
  public static double he(int fan, double slope) {
    return Math.sqrt(2 / ((1 + slope * slope) * fan));
  }

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
