package dev.lockstep.grill.activations;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Prediction;
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

/** What leaky ReLU, GELU and SiLU do for dead units, and where they do nothing. */
public final class DyingReluFixes implements Lab {
  private static final Question QUESTION =
      Question.number(9, "dying-relu-fixes", Topic.ACTIVATIONS)
          .asks("Which activations avoid dead units?")
          .formula(
              "leaky: max(z, az); GELU′(z) = Φ(z) + zφ(z) = 0 at −0.752; SiLU′ = 0 at −1.278",
              "\\max(z, az),\\quad \\operatorname{GELU}'(z) = \\Phi(z) + z\\varphi(z)"
                  + " = 0 \\text{ at } z \\approx -0.752,\\quad"
                  + " \\operatorname{SiLU}' = 0 \\text{ at } z \\approx -1.278")
          .answer(
              "Leaky ReLU, ELU, GELU and SiLU have a gradient that is not zero everywhere, so no"
                  + " unit can die.")
          .but(
              "GELU and SiLU have a zero each, and far below it GELU's slope is negligible: a unit"
                  + " pushed there is as dead as with ReLU. SiLU's falls far more slowly:"
                  + " Adam, which rescales, recovers such a unit. A leak of 0.01 is a hundredth of"
                  + " the gradient: plain descent takes far longer than it has; Adam does not.")
          .experiment(
              "4-16-1 with every hidden bias at −3 or −12, sin(Σx) on 64 points: SGD, 300 steps,"
                  + " and Adam, 600. The error over that of predicting the mean.")
          .points(
              "a slope below zero lets a unit that is off recover",
              "GELU's slope vanishes far below zero: it helps units that are just off",
              "a small leak is a small gradient; it takes an optimiser that rescales")
          .expects(Verdict.REFUTED);

  private static final int POINTS = 64;
  private static final int IN = 4;
  private static final int HIDDEN = 16;
  private static final int REPEATS = 3;
  private static final double LEAK = 0.01;
  private static final double NEAR = -3;
  private static final double FAR = -12;
  private static final List<ActivationFormula> ACTIVATIONS =
      List.of(
          ActivationFormula.RELU,
          ActivationFormula.LEAKY_RELU,
          ActivationFormula.GELU_ERF,
          ActivationFormula.SILU);

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    slopes(findings);
    List<Series> curves = new ArrayList<>();
    for (double bias : new double[] {NEAR, FAR}) {
      for (ActivationFormula activation : ACTIVATIONS) {
        boolean both = bias == FAR && !smooth(activation);
        for (boolean adam : both ? new boolean[] {false, true} : new boolean[] {true}) {
          List<Double> errors = new ArrayList<>();
          for (Draws draws : trial.repeats(REPEATS)) {
            double[] losses = learn(draws, activation, bias, adam);
            if (adam && bias == FAR && errors.isEmpty()) {
              curves.add(Series.steps(name(activation), losses));
            }
            errors.add(losses[losses.length - 1]);
          }
          findings.number(arm(activation, bias, adam), new Spread(errors));
        }
      }
    }
    judge(findings);
    findings.picture(
        new Chart.Plot(
            "Every bias at −12, Adam", Axis.linear("step"), Axis.linear("relative error"), curves));
    return findings;
  }

  private static void slopes(Findings findings) {
    Criterion zero = Criterion.below("least |slope| on [−3, 0]", 1e-3);
    for (ActivationFormula activation : ACTIVATIONS.subList(1, 4)) {
      double least = 1;
      for (int i = 0; i <= 3000; i++) {
        least = Math.min(least, Math.abs(activation.derivative(-i / 1000.0, LEAK)));
      }
      findings.number(name(activation) + ": least |slope| on [−3, 0]", least);
      findings.number(
          name(activation) + ": |slope| at −12", Math.abs(activation.derivative(FAR, LEAK)));
      if (activation == ActivationFormula.LEAKY_RELU) {
        findings.control(zero, name(activation), least);
      } else {
        findings.refutes(zero, name(activation), least);
      }
    }
    List<Series> curves = new ArrayList<>();
    for (ActivationFormula activation : ACTIVATIONS) {
      curves.add(
          Series.curve(name(activation), -14, 3, z -> Math.abs(activation.derivative(z, LEAK))));
    }
    findings.picture(new Chart.Plot("Slopes", Axis.linear("z"), Axis.log("|slope|"), curves));
  }

  private static void judge(Findings findings) {
    Criterion rescued = Criterion.below("relative error from biases of −3, Adam", 0.2);
    findings.shows(rescued, "GELU", error(findings, ActivationFormula.GELU_ERF, NEAR, true));
    findings.shows(rescued, "SiLU", error(findings, ActivationFormula.SILU, NEAR, true));
    findings.control(rescued, "ReLU", error(findings, ActivationFormula.RELU, NEAR, true));
    Criterion dead = Criterion.above("relative error from biases of −12", 0.98);
    findings.refutes(dead, "GELU, Adam", error(findings, ActivationFormula.GELU_ERF, FAR, true));
    findings.refutes(
        dead, "leaky 0.01, SGD", error(findings, ActivationFormula.LEAKY_RELU, FAR, false));
    findings.shows(dead, "ReLU, Adam", error(findings, ActivationFormula.RELU, FAR, true));
    findings.shows(dead, "ReLU, SGD", error(findings, ActivationFormula.RELU, FAR, false));
    findings.control(
        dead, "leaky 0.01, Adam", error(findings, ActivationFormula.LEAKY_RELU, FAR, true));
    findings.control(dead, "SiLU, Adam", error(findings, ActivationFormula.SILU, FAR, true));
  }

  private static double error(
      Findings findings, ActivationFormula activation, double bias, boolean adam) {
    return findings.number(arm(activation, bias, adam)).median();
  }

  private static boolean smooth(ActivationFormula activation) {
    return activation == ActivationFormula.GELU_ERF || activation == ActivationFormula.SILU;
  }

  private static String arm(ActivationFormula activation, double bias, boolean adam) {
    return "bias %.0f, %s, %s".formatted(bias, name(activation), adam ? "Adam" : "SGD");
  }

  private static String name(ActivationFormula activation) {
    return switch (activation) {
      case RELU -> "ReLU";
      case LEAKY_RELU -> "leaky 0.01";
      case GELU_ERF -> "GELU";
      default -> "SiLU";
    };
  }

  /** The squared error of each step, over the targets' variance. */
  private static double[] learn(
      Draws draws, ActivationFormula activation, double bias, boolean adam) {
    double[] x = draws.normals(POINTS * IN, 1);
    double[] y = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      y[i] = Math.sin(Arrays.stream(x, i * IN, (i + 1) * IN).sum());
    }
    double mean = Arrays.stream(y).average().orElseThrow();
    double variance = Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    Mlp network = Mlp.draw(draws, Init.pytorch(), activation, IN, HIDDEN, 1);
    network.layers().getFirst().bias().update(biases -> Arrays.fill(biases, bias));
    double[] losses =
        Training.run(
            adam ? Descent.adam(0.03) : Descent.sgd(0.05),
            network.leaves(),
            adam ? 600 : 300,
            (tape, step) ->
                Primitives.mean(
                    SquaredErrorFormula.elements(
                        network.apply(tape.constant(x, POINTS, IN)), tape.constant(y, POINTS, 1))));
    return Arrays.stream(losses).map(loss -> loss / variance).toArray();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "A unit sits at z = −12 on all data; float32, Adam. Which activation still gives it a"
                + " usable gradient?",
            "leaky ReLU with slope 0.01",
            new Wrong("ReLU", "its slope there is exactly 0"),
            new Wrong("GELU", "its slope there is about −1e-31: lost beside Adam's ε"),
            new Wrong("ReLU with He's weights", "how the weights began no longer matters")),
        new Prediction(
            "All biases at −12, Adam, 600 steps. Which of these gets below 98 % of the error of"
                + " predicting the mean?",
            List.of("leaky 0.01 and GELU", "leaky 0.01 only", "GELU only", "neither of the two"),
            findings -> {
              boolean leaky = error(findings, ActivationFormula.LEAKY_RELU, FAR, true) < 0.98;
              boolean gelu = error(findings, ActivationFormula.GELU_ERF, FAR, true) < 0.98;
              return leaky ? gelu ? 0 : 1 : gelu ? 2 : 3;
            }));
  }
}
