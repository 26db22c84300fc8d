package dev.lockstep.reference;

/**
 * Adam (Kingma and Ba 2015, <a href="https://arxiv.org/abs/1412.6980">1412.6980</a>), with L2
 * regularisation or with decoupled weight decay, which makes it AdamW (Loshchilov and Hutter 2019,
 * <a href="https://arxiv.org/abs/1711.05101">1711.05101</a>).
 *
 * @param decoupled whether weight decay acts on the weights instead of on the gradient
 */
public record AdamFormula(double beta1, double beta2, double eps, boolean decoupled) {
  /** AdamW. */
  public static AdamFormula adamW(double beta1, double beta2, double eps) {
    return new AdamFormula(beta1, beta2, eps, true);
  }

  /** What one parameter tensor carries from step to step; starts at zero. */
  public static final class State {
    private final double[] momentum;
    private final double[] variance;
    private int step;

    public State(int count) {
      momentum = new double[count];
      variance = new double[count];
    }

    /** m, the running mean of gradients. */
    public double[] momentum() {
      return momentum;
    }

    /** v, the running mean of squared gradients. */
    public double[] variance() {
      return variance;
    }
  }

  /**
   * One step, in place: {@code p −= lr · m̂ / (√v̂ + ε)}; before that, decay takes {@code p *= 1 −
   * lr·wd} where it is decoupled, else {@code g += wd·p}.
   *
   * @param learningRate of this step
   * @param weightDecay of this tensor
   */
  public void step(
      double[] parameter, double[] gradient, State state, double learningRate, double weightDecay) {
    state.step++;
    double correction1 = 1 - Math.pow(beta1, state.step);
    double correction2 = 1 - Math.pow(beta2, state.step);
    for (int i = 0; i < parameter.length; i++) {
      double g = decoupled ? gradient[i] : gradient[i] + weightDecay * parameter[i];
      state.momentum[i] = beta1 * state.momentum[i] + (1 - beta1) * g;
      state.variance[i] = beta2 * state.variance[i] + (1 - beta2) * g * g;
      double meanOfGradients = state.momentum[i] / correction1;
      double meanOfSquares = state.variance[i] / correction2;
      if (decoupled) {
        parameter[i] *= 1 - learningRate * weightDecay;
      }
      parameter[i] -= learningRate * meanOfGradients / (Math.sqrt(meanOfSquares) + eps);
    }
  }
}
