package dev.lockstep.grill.basics;

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
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Norms;
import dev.lockstep.grill.toy.Spirals;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Plain networks of 24 layers learn or not by how their weights were drawn. */
public final class DepthIsHard implements Lab {
  private static final Question QUESTION =
      Question.number(5, "depth-is-hard", Topic.BASICS)
          .asks("Do plain networks of more than about ten layers train?")
          .formula(
              "per layer E|∂L/∂h|² changes by gain² · E[φ′²]; ReLU: 1/6 for U(±1/√n), 1 for He",
              "\\frac{\\mathbb{E}\\lVert \\partial L / \\partial h_{l-1} \\rVert^2}"
                  + "{\\mathbb{E}\\lVert \\partial L / \\partial h_l \\rVert^2}"
                  + " \\approx g^2\\,\\mathbb{E}[\\varphi'(z)^2]"
                  + " = \\tfrac13 \\cdot \\tfrac12 \\text{ or } 2 \\cdot \\tfrac12")
          .answer(
              "Past about ten layers plain networks hardly learn; residual connections and"
                  + " normalisation made deep ones possible.")
          .but(
              "The number is one of initialisation and activation, not of depth: 24 plain ReLU"
                  + " layers learn once their weights have He's variance.")
          .experiment(
              "Two spirals, 24 hidden layers of 16, Adam, 100 steps: ReLU with weights uniform in"
                  + " ±1/√n, with He's variance, and with residuals and LayerNorm.")
          .longForm(
              "30 and 12 layers of 24, 256 points over 0.75 turns, Adam 0.003, 150 steps, three"
                  + " repeats; also tanh and sigmoid with Xavier's variance.")
          .points(
              "the signal and the gradient change by a factor per layer, to the power of depth",
              "the factor is set by initialisation and activation; with He's it is 1",
              "residual connections and normalisation make training less dependent on it")
          .expects(Verdict.REFUTED);

  private static final double NOISE = 0.03;

  /** What is learnt, and how. */
  private record Size(
      int depth, int width, int points, double turns, double rate, int steps, int repeats) {
    static final Size USUAL = new Size(24, 16, 64, 0.6, 5e-3, 100, 5);
    static final Size LONG = new Size(30, 24, 256, 0.75, 3e-3, 150, 3);

    Size ofDepth(int other) {
      return new Size(other, width, points, turns, rate, steps, repeats);
    }
  }

  /** Networks to compare. */
  private enum Arm {
    DEFAULT("plain, uniform in ±1/√n", Init.pytorch(), ActivationFormula.RELU),
    HE("plain, He", Init.he(), ActivationFormula.RELU),
    RESIDUAL("residual and LayerNorm", Init.he(), ActivationFormula.RELU),
    TANH("plain, tanh, Xavier", Init.xavier(), ActivationFormula.TANH),
    SIGMOID("plain, sigmoid, Xavier", Init.xavier(), ActivationFormula.SIGMOID);

    private final String title;
    private final Init init;
    private final ActivationFormula activation;

    Arm(String title, Init init, ActivationFormula activation) {
      this.title = title;
      this.init = init;
      this.activation = activation;
    }
  }

  /** Hidden layers of one width between an input and an output layer. */
  private record Deep(
      Dense input,
      List<Dense> hidden,
      Dense output,
      ActivationFormula activation,
      boolean residual) {
    static Deep draw(Draws draws, Arm arm, Size size) {
      return new Deep(
          Dense.draw(draws, arm.init, 2, size.width()),
          IntStream.range(0, size.depth() - 1)
              .mapToObj(i -> Dense.draw(draws, arm.init, size.width(), size.width()))
              .toList(),
          Dense.draw(draws, arm.init, size.width(), 2),
          arm.activation,
          arm == Arm.RESIDUAL);
    }

    Variable apply(Variable x) {
      Variable h = activation.apply(input.apply(x));
      for (Dense layer : hidden) {
        h =
            residual
                ? Primitives.add(h, activation.apply(layer.apply(Norms.layer(h))))
                : activation.apply(layer.apply(h));
      }
      return output.apply(residual ? Norms.layer(h) : h);
    }

    List<Leaf> leaves() {
      List<Leaf> leaves = new ArrayList<>(input.leaves());
      hidden.forEach(layer -> leaves.addAll(layer.leaves()));
      leaves.addAll(output.leaves());
      return leaves;
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Size size = trial.longForm() ? Size.LONG : Size.USUAL;
    List<Arm> arms =
        trial.longForm() ? List.of(Arm.values()) : List.of(Arm.DEFAULT, Arm.HE, Arm.RESIDUAL);
    Map<Arm, Spread> deep = losses(findings, trial, size, arms);
    String loss = "loss of %d layers".formatted(size.depth());
    Criterion stuck = Criterion.above(loss, 0.69);
    Criterion learnt = Criterion.below(loss, 0.05);
    deep.forEach(
        (arm, losses) -> {
          switch (arm) {
            case DEFAULT -> {
              findings.shows(stuck, arm.title, losses.median());
              findings.control(learnt, arm.title, losses.median());
            }
            case HE -> {
              findings.refutes(learnt, arm.title, losses.median());
              findings.control(stuck, arm.title, losses.median());
            }
            case RESIDUAL -> findings.shows(learnt, arm.title, losses.median());
            case TANH -> findings.refutes(learnt, arm.title, losses.median());
            case SIGMOID -> findings.shows(stuck, arm.title, losses.median());
          }
        });
    if (trial.longForm()) {
      Map<Arm, Spread> dozen =
          losses(findings, trial, size.ofDepth(12), List.of(Arm.DEFAULT, Arm.SIGMOID));
      Criterion past = Criterion.below("loss of 12 layers", 0.05);
      dozen.forEach(
          (arm, losses) -> {
            if (arm == Arm.DEFAULT) {
              findings.refutes(past, arm.title, losses.median());
            } else {
              findings.control(past, arm.title, losses.median());
            }
          });
    }
    findings.note(
        "%d layers of %d units on %d points; loss %.4f is ln 2: nothing learnt."
            .formatted(size.depth(), size.width(), size.points(), Math.log(2)));
    return findings;
  }

  /** What each arm ends at, as numbers and as a picture of the first repeat. */
  private static Map<Arm, Spread> losses(
      Findings findings, Trial trial, Size size, List<Arm> arms) {
    Map<Arm, List<Double>> ends = new EnumMap<>(Arm.class);
    List<Series> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(size.repeats())) {
      Spirals data = Spirals.draw(draws, size.points(), size.turns(), NOISE);
      for (Arm arm : arms) {
        double[] losses = learn(data, Deep.draw(draws, arm, size), size);
        ends.computeIfAbsent(arm, missing -> new ArrayList<>()).add(losses[size.steps() - 1]);
        curves.add(Series.steps(arm.title, losses));
      }
    }
    Map<Arm, Spread> spreads = new EnumMap<>(Arm.class);
    ends.forEach((arm, all) -> spreads.put(arm, new Spread(all)));
    String suffix = size.equals(Size.USUAL) ? "" : ", %d layers".formatted(size.depth());
    spreads.forEach((arm, all) -> findings.number("loss, " + arm.title + suffix, all));
    findings.picture(
        new Chart.Plot(
            "%d layers learn two spirals".formatted(size.depth()),
            Axis.linear("step"),
            Axis.log("loss"),
            curves.subList(0, arms.size())));
    return spreads;
  }

  private static double[] learn(Spirals data, Deep network, Size size) {
    return Training.run(
        Descent.adam(size.rate()),
        network.leaves(),
        size.steps(),
        (tape, step) -> data.loss(network.apply(data.inputs(tape))));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Thirty plain ReLU layers with weights uniform in ±1/√n do not learn. Which single"
                + " change is enough?",
            "weights of standard deviation √(2/n)",
            new Wrong(
                "sigmoid in place of ReLU", "its slope is at most 1/4: the gradient dies sooner"),
            new Wrong(
                "a learning rate ten times larger",
                "the gradient is too small by many more powers of ten than one"),
            new Wrong(
                "ten times as many examples", "it is optimisation that fails, not generalisation")),
        new Prediction(
            "24 plain ReLU layers of 16, Adam, 100 steps on two spirals. Which weights learn?",
            List.of(
                "neither kind, it is too deep",
                "He's only, not uniform in ±1/√n",
                "uniform in ±1/√n only, not He's",
                "both kinds, depth is no matter"),
            findings -> {
              boolean he = findings.number("loss, plain, He").median() < 0.1;
              boolean narrow = findings.number("loss, plain, uniform in ±1/√n").median() < 0.1;
              return he ? narrow ? 3 : 1 : narrow ? 2 : 0;
            }));
  }
}
