package dev.lockstep.grill.subtleties;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** When a step of gradient descent raises the loss although all is well. */
public final class LossGoesUp implements Lab {
  private static final Question QUESTION =
      Question.number(46, "loss-goes-up", Topic.SUBTLETIES)
          .asks("Can the training loss rise from one step to the next while training is healthy?")
          .formula(
              "quadratic: the error along curvature l shrinks by (1 − ηl)², < 1 if and only if η <"
                  + " 2/l",
              "(1 - \\eta\\lambda)^2 < 1 \\iff \\eta < \\frac{2}{\\lambda}")
          .answer(
              "Yes: the gradient is right for small steps alone. Too high a rate overshoots, and"
                  + " momentum carries the weights past the minimum.")
          .but(
              "Batches add noise of their own; and full-batch gradient descent on networks often"
                  + " settles where curvature times rate is near 2, rising in many of its steps and"
                  + " still learning.")
          .experiment(
              "A quadratic of 10 dimensions with curvature up to 1 at rates 1, 1.99 and 2.05, with"
                  + " momentum and with noise; 4-16-16-1 with full batches at rates 0.02 and 0.3,"
                  + " 500 steps.")
          .points(
              "a step is only sure to lower the loss below rate 2 / curvature",
              "momentum and noise of batches raise it now and then",
              "what counts is the trend")
          .expects(Verdict.CONFIRMED);

  private static final int DIMENSIONS = 10;
  private static final int QUADRATIC_STEPS = 400;
  private static final int STEPS = 500;
  private static final int POINTS = 32;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    quadratic(findings, trial.draws());
    network(findings, trial);
    return findings;
  }

  private static void quadratic(Findings findings, Draws draws) {
    double[] slow = descend(draws, 1, 0, 0);
    double[] edge = descend(draws, 1.99, 0, 0);
    double[] over = descend(draws, 2.05, 0, 0);
    double[] momentum = descend(draws, 1, 0.9, 0);
    double[] noise = descend(draws, 0.5, 0, 1);
    Criterion never = Criterion.exactly("share of steps up", 0);
    Criterion often = Criterion.between("share of steps up", 0.25, 0.6);
    Criterion diverges = Criterion.above("loss at the end against the start", 1e6);
    Criterion converges = Criterion.below("loss at the end against the start", 1e-6);
    findings.number("steps up, rate 2.05", up(over));
    findings.number("steps up, momentum 0.9", up(momentum));
    findings.number("steps up, noise", up(noise));
    findings.number("end against start, rate 2.05", end(over));
    findings.shows(never, "rate 1", up(slow));
    findings.shows(never, "rate 1.99", up(edge));
    findings.control(never, "rate 2.05", up(over));
    findings.shows(diverges, "rate 2.05", end(over));
    findings.control(diverges, "rate 1.99", end(edge));
    findings.shows(often, "momentum 0.9", up(momentum));
    findings.shows(often, "noise", up(noise));
    findings.control(often, "neither", up(slow));
    findings.shows(converges, "momentum 0.9", end(momentum));
    findings.control(converges, "rate 2.05", end(over));
  }

  /** The losses ½ Σ l x² before each step, curvatures l from 0.1 to 1. */
  private static double[] descend(Draws draws, double rate, double momentum, double noise) {
    Draws noises = draws.child("noise");
    double[] x = draws.child("start").normals(DIMENSIONS, 1);
    double[] speed = new double[DIMENSIONS];
    double[] losses = new double[QUADRATIC_STEPS];
    for (int step = 0; step < QUADRATIC_STEPS; step++) {
      for (int i = 0; i < DIMENSIONS; i++) {
        double curvature = (i + 1.0) / DIMENSIONS;
        losses[step] += 0.5 * curvature * x[i] * x[i];
        speed[i] = momentum * speed[i] + curvature * x[i] + noise * noises.normal();
        x[i] -= rate * speed[i];
      }
    }
    return losses;
  }

  private static double up(double[] losses) {
    int up = 0;
    for (int i = 1; i < losses.length; i++) {
      up += losses[i] > losses[i - 1] ? 1 : 0;
    }
    return up / (losses.length - 1.0);
  }

  private static double end(double[] losses) {
    return losses[losses.length - 1] / losses[0];
  }

  private static void network(Findings findings, Trial trial) {
    List<Double> low = new ArrayList<>();
    List<Double> high = new ArrayList<>();
    List<Double> end = new ArrayList<>();
    double[] shown = {};
    for (Draws draws : trial.repeats(5)) {
      shown = learn(draws, 0.3);
      high.add(up(shown));
      end.add(Training.end(shown, 20));
      low.add(up(learn(draws, 0.02)));
    }
    findings.number("steps up, network at rate 0.3", new Spread(high));
    findings.number("steps up, network at rate 0.02", new Spread(low));
    findings.number("loss at the end, network at rate 0.3", new Spread(end));
    Criterion many = Criterion.above("share of steps up, full batches", 0.2);
    findings.shows(many, "network at rate 0.3", new Spread(high).median());
    findings.control(many, "network at rate 0.02", new Spread(low).median());
    Criterion learnt = Criterion.below("squared error", 0.08);
    findings.shows(learnt, "network at rate 0.3, at the end", new Spread(end).median());
    findings.control(learnt, "network at rate 0.3, at the start", shown[0]);
    double[] losses = shown;
    List<Series.Point> rises = new ArrayList<>();
    for (int i = 1; i < losses.length; i++) {
      if (losses[i] > losses[i - 1]) {
        rises.add(Series.Point.of(i, losses[i]));
      }
    }
    findings.picture(
        new Chart.Plot(
            "Full batches, and the loss rises",
            Axis.linear("step"),
            Axis.log("squared error"),
            List.of(
                Series.steps("rate 0.3", losses), new Series("rose", Series.Style.POINTS, rises))));
  }

  private static double[] learn(Draws draws, double rate) {
    Mlp network =
        Mlp.draw(draws.child("network"), Init.xavier(), ActivationFormula.TANH, 4, 16, 16, 1);
    double[] inputs = draws.child("inputs").normals(POINTS * 4, 1);
    double[] targets = new double[POINTS];
    Arrays.setAll(targets, p -> Math.sin(2 * inputs[4 * p]) + inputs[4 * p + 1]);
    return Training.run(
        Descent.sgd(rate),
        network.leaves(),
        STEPS,
        (tape, step) ->
            Primitives.mean(
                SquaredErrorFormula.elements(
                    network.apply(tape.constant(inputs, POINTS, 4)),
                    tape.constant(targets, POINTS, 1))));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double curvature = d.between(3, 90);
              return Calculation.of(
                      "The largest curvature is %.0f. Below which rate is gradient descent stable?"
                          .formatted(curvature),
                      2 / curvature,
                      Closeness.NEAR)
                  .slip(1 / curvature, "that is where it stops changing sign, not the limit")
                  .slip(20 / curvature, "a factor of ten too much")
                  .slip(curvature, "the limit falls with the curvature");
            }));
  }
}
