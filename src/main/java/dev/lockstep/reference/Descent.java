package dev.lockstep.reference;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * An optimizer: moves {@link Leaf leaves} against the gradients that were added up in them. It
 * remembers what its formula carries from step to step for each of them, and leaves their gradients
 * as they are.
 */
public final class Descent {
  /** A step of one leaf, with what it carries inside. */
  @FunctionalInterface
  private interface Rule {
    void step(double[] parameter, double[] gradient, double learningRate);
  }

  private final Function<Leaf, Rule> rules;
  private final Map<Leaf, Rule> started = new IdentityHashMap<>();
  private double learningRate;

  private Descent(double learningRate, Function<Leaf, Rule> rules) {
    this.learningRate = learningRate;
    this.rules = rules;
  }

  /** Plain gradient descent. */
  public static Descent sgd(double learningRate) {
    return sgd(learningRate, 0, 0);
  }

  /** With momentum and weight decay that joins the gradient, as {@link SgdFormula} does it. */
  public static Descent sgd(double learningRate, double momentum, double weightDecay) {
    SgdFormula formula = new SgdFormula(momentum, 0, false);
    return new Descent(
        learningRate,
        leaf -> {
          SgdFormula.State state = new SgdFormula.State(leaf.count());
          return (parameter, gradient, rate) ->
              formula.step(parameter, gradient, state, rate, weightDecay);
        });
  }

  /**
   * SGDW: {@code p *= 1 − lr · wd} beside the step, past the momentum (Loshchilov and Hutter 2019,
   * <a href="https://arxiv.org/abs/1711.05101">1711.05101</a>, algorithm 1).
   */
  public static Descent sgdW(double learningRate, double momentum, double weightDecay) {
    SgdFormula formula = new SgdFormula(momentum, 0, false);
    return new Descent(
        learningRate,
        leaf -> {
          SgdFormula.State state = new SgdFormula.State(leaf.count());
          return (parameter, gradient, rate) -> {
            for (int i = 0; i < parameter.length; i++) {
              parameter[i] *= 1 - rate * weightDecay;
            }
            formula.step(parameter, gradient, state, rate, 0);
          };
        });
  }

  /** Adam with β of 0.9 and 0.999, ε of 1e-8 and no weight decay. */
  public static Descent adam(double learningRate) {
    return adam(learningRate, new AdamFormula(0.9, 0.999, 1e-8, false), 0);
  }

  /** The same with decoupled weight decay. */
  public static Descent adamW(double learningRate, double weightDecay) {
    return adam(learningRate, AdamFormula.adamW(0.9, 0.999, 1e-8), weightDecay);
  }

  /** Any Adam. */
  public static Descent adam(double learningRate, AdamFormula formula, double weightDecay) {
    return new Descent(
        learningRate,
        leaf -> {
          AdamFormula.State state = new AdamFormula.State(leaf.count());
          return (parameter, gradient, rate) ->
              formula.step(parameter, gradient, state, rate, weightDecay);
        });
  }

  /** Of the steps to come, for schedules. */
  public void learningRate(double next) {
    learningRate = next;
  }

  /** Moves every leaf once. */
  public void step(List<Leaf> leaves) {
    for (Leaf leaf : leaves) {
      Rule rule = started.computeIfAbsent(leaf, rules);
      leaf.update(values -> rule.step(values, leaf.gradient(), learningRate));
    }
  }
}
