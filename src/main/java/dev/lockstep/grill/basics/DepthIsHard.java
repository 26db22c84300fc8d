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
import dev.lockstep.grill.toy.Spirals;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.NormFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;
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
          .points(
              "the signal and the gradient change by a factor per layer, to the power of depth",
              "the factor is set by initialisation and activation; with He's it is 1",
              "residual connections and normalisation make training less dependent on it")
          .expects(Verdict.REFUTED);

  private static final int POINTS = 64;
  private static final int WIDTH = 16;
  private static final int DEPTH = 24;
  private static final int STEPS = 100;
  private static final int REPEATS = 5;
  private static final double TURNS = 0.6;
  private static final double NOISE = 0.03;
  private static final double LEARNING_RATE = 5e-3;

  /** Hidden layers of one width between an input and an output layer. */
  private record Deep(Dense input, List<Dense> hidden, Dense output, boolean residual) {
    static Deep draw(Draws draws, Init init, boolean residual) {
      return new Deep(
          Dense.draw(draws, init, 2, WIDTH),
          IntStream.range(0, DEPTH - 1)
              .mapToObj(i -> Dense.draw(draws, init, WIDTH, WIDTH))
              .toList(),
          Dense.draw(draws, init, WIDTH, 2),
          residual);
    }

    Variable apply(Variable x) {
      Variable h = ActivationFormula.RELU.apply(input.apply(x));
      for (Dense layer : hidden) {
        h =
            residual
                ? Primitives.add(h, ActivationFormula.RELU.apply(layer.apply(normalized(h))))
                : ActivationFormula.RELU.apply(layer.apply(h));
      }
      return output.apply(residual ? normalized(h) : h);
    }

    private static Variable normalized(Variable h) {
      return NormFormula.layerNorm(h, null, null, 1e-5).y();
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
    List<Double> narrow = new ArrayList<>();
    List<Double> he = new ArrayList<>();
    List<Double> residual = new ArrayList<>();
    List<Series> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(REPEATS)) {
      Spirals data = Spirals.draw(draws, POINTS, TURNS, NOISE);
      narrow.add(learn("uniform in ±1/√n", data, Deep.draw(draws, Init.pytorch(), false), curves));
      he.add(learn("He", data, Deep.draw(draws, Init.he(), false), curves));
      residual.add(
          learn("He, residual, LayerNorm", data, Deep.draw(draws, Init.he(), true), curves));
    }
    findings.number("loss, plain, uniform in ±1/√n", new Spread(narrow));
    findings.number("loss, plain, He", new Spread(he));
    findings.number("loss, residual and LayerNorm", new Spread(residual));
    Criterion stuck = Criterion.above("loss of 24 layers", 0.69);
    Criterion learnt = Criterion.below("loss of 24 layers", 0.05);
    findings.shows(stuck, "plain, uniform in ±1/√n", new Spread(narrow).median());
    findings.shows(learnt, "residual and LayerNorm", new Spread(residual).median());
    findings.refutes(learnt, "plain, He", new Spread(he).median());
    findings.control(learnt, "plain, uniform in ±1/√n", new Spread(narrow).median());
    findings.control(stuck, "plain, He", new Spread(he).median());
    findings.note(
        "24 layers of 16 units on %d points; loss %.4f is ln 2: nothing learnt."
            .formatted(POINTS, Math.log(2)));
    findings.picture(
        new Chart.Plot(
            "24 layers learn two spirals",
            Axis.linear("step"),
            Axis.log("loss"),
            curves.subList(0, 3)));
    return findings;
  }

  private static double learn(String name, Spirals data, Deep network, List<Series> curves) {
    double[] losses =
        Training.run(
            Descent.adam(LEARNING_RATE),
            network.leaves(),
            STEPS,
            (tape, step) -> data.loss(network.apply(data.inputs(tape))));
    curves.add(Series.steps(name, losses));
    return losses[STEPS - 1];
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
