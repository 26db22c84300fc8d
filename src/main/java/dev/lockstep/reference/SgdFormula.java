package dev.lockstep.reference;

/**
 * Stochastic gradient descent as PyTorch defines it: the first momentum is the gradient itself.
 *
 * @param momentum μ; 0 for none
 * @param dampening how much of the gradient does not enter the momentum after the first step
 * @param nesterov go by {@code g + μ·m} instead of {@code m}
 */
public record SgdFormula(double momentum, double dampening, boolean nesterov) {
  /** What one parameter tensor carries from step to step; starts at zero. */
  public static final class State {
    private final double[] momentum;
    private boolean started;

    public State(int count) {
      momentum = new double[count];
    }

    /** m, the momentum. */
    public double[] momentum() {
      return momentum;
    }
  }

  /**
   * One step, in place: {@code g += wd·p}, {@code m = μ·m + (1 − dampening)·g}, {@code p −= lr·m}.
   *
   * @param learningRate of this step
   * @param weightDecay of this tensor
   */
  public void step(
      double[] parameter, double[] gradient, State state, double learningRate, double weightDecay) {
    for (int i = 0; i < parameter.length; i++) {
      double g = gradient[i] + weightDecay * parameter[i];
      double direction = g;
      if (momentum != 0) {
        double m = state.started ? momentum * state.momentum[i] + (1 - dampening) * g : g;
        state.momentum[i] = m;
        direction = nesterov ? g + momentum * m : m;
      }
      parameter[i] -= learningRate * direction;
    }
    state.started = true;
  }
}
