package dev.lockstep.reference;

import java.util.List;
import java.util.function.IntFunction;

/** Steps leaves by the gradients that reverse mode added up in them. */
public final class LeafOptimizer {
  private final List<Leaf> leaves;
  private final List<Step> steps;

  /** One step of one leaf, which knows what it keeps. */
  @FunctionalInterface
  private interface Step {
    void apply(double[] values, double[] gradient, double learningRate);
  }

  private LeafOptimizer(List<Leaf> leaves, IntFunction<Step> ofCount) {
    this.leaves = List.copyOf(leaves);
    this.steps = leaves.stream().map(leaf -> ofCount.apply(leaf.count())).toList();
  }

  /** Adam, or AdamW where the formula says that decay is decoupled. */
  public static LeafOptimizer adam(AdamFormula formula, double weightDecay, List<Leaf> leaves) {
    return new LeafOptimizer(
        leaves,
        count -> {
          AdamFormula.State state = new AdamFormula.State(count);
          return (values, gradient, rate) ->
              formula.step(values, gradient, state, rate, weightDecay);
        });
  }

  /** SGD with L2 regularisation: {@code g += wd · p}. */
  public static LeafOptimizer sgd(SgdFormula formula, double weightDecay, List<Leaf> leaves) {
    return new LeafOptimizer(
        leaves,
        count -> {
          SgdFormula.State state = new SgdFormula.State(count);
          return (values, gradient, rate) ->
              formula.step(values, gradient, state, rate, weightDecay);
        });
  }

  /**
   * SGDW: {@code p *= 1 − lr · wd} beside the step, past the momentum (Loshchilov and Hutter 2019,
   * <a href="https://arxiv.org/abs/1711.05101">1711.05101</a>, algorithm 1).
   */
  public static LeafOptimizer decoupledSgd(
      SgdFormula formula, double weightDecay, List<Leaf> leaves) {
    return new LeafOptimizer(
        leaves,
        count -> {
          SgdFormula.State state = new SgdFormula.State(count);
          return (values, gradient, rate) -> {
            for (int i = 0; i < values.length; i++) {
              values[i] *= 1 - rate * weightDecay;
            }
            formula.step(values, gradient, state, rate, 0);
          };
        });
  }

  /** Updates every leaf. Gradients stay as they are. */
  public void step(double learningRate) {
    for (int i = 0; i < steps.size(); i++) {
      Leaf leaf = leaves.get(i);
      Step step = steps.get(i);
      leaf.update(values -> step.apply(values, leaf.gradient(), learningRate));
    }
  }

  /** Sets the gradient of every leaf to zero. */
  public void zeroGradients() {
    leaves.forEach(Leaf::zeroGradient);
  }
}
