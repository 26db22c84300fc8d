package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
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
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** One backward sweep gives every gradient, for the price of a few forward passes. */
public final class Backpropagation implements Lab {
  private static final Question QUESTION =
      Question.number(17, "backprop", Topic.BACKPROPAGATION)
          .asks("What is backpropagation, and what does it cost?")
          .formula(
              "x̄ += ȳ ∂y/∂x, from the loss back; cost of all gradients ≤ c · cost of the loss",
              "\\bar{x} \\mathrel{+}= \\bar{y}\\,\\frac{\\partial y}{\\partial x},\\qquad"
                  + " \\operatorname{cost}(\\nabla L) \\le c \\cdot \\operatorname{cost}(L)")
          .answer(
              "The chain rule applied from the loss to the inputs, every intermediate derivative"
                  + " computed once and used again: one sweep gives all gradients in a small"
                  + " multiple of the time of the forward pass, however many parameters there are.")
          .but("c is about 2 to 4; that it takes the time of one forward pass is meant in order.")
          .experiment(
              "A 6-12-12-4 tanh network with cross-entropy against central differences; matrix"
                  + " multiplications counted at widths 16, 64 and 256.")
          .points(
              "the chain rule from the output backwards, intermediate results used again",
              "all gradients in one sweep",
              "cost: two to four forward passes, whatever the number of parameters")
          .expects(Verdict.CONFIRMED);

  private static final int ROWS = 16;
  private static final int IN = 6;
  private static final int CLASSES = 4;
  private static final int LAYERS = 4;
  private static final double STEP = 1e-5;
  private static final int[] WIDTHS = {16, 64, 256};

  /** So narrow that the difference of every weight can be taken. */
  private static final int NARROW = 8;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    gradients(findings, trial.draws());
    costs(findings, trial.draws());
    return findings;
  }

  private static void gradients(Findings findings, Draws draws) {
    double[] x = draws.normals(ROWS * IN, 1);
    int[] targets = new int[ROWS];
    Arrays.setAll(targets, i -> draws.below(CLASSES));
    Mlp network = Mlp.draw(draws, Init.xavier(), ActivationFormula.TANH, IN, 12, 12, CLASSES);
    Training.Loss loss = loss(network, x, targets);
    double[] swept = gradient(network, loss);

    Differences differences = Differences.of(network, loss);
    double[] quotients = differences.quotients();
    // The slip: 1 − h where tanh′ is 1 − h².
    UnaryOperator<Variable> slip = z -> Primitives.mapByOutput(z, Math::tanh, h -> 1 - h);
    Mlp slipped = new Mlp(network.layers(), slip);
    double[] wrong = gradient(slipped, loss(slipped, x, targets));

    Criterion agrees = Criterion.below("relative error against central differences", 1e-7);
    double error = Vectors.relativeError(swept, quotients);
    findings.number("relative error against central differences", error);
    findings.shows(agrees, "one backward sweep", error);
    findings.control(agrees, "with tanh′ = 1 − h", Vectors.relativeError(wrong, quotients));

    Tape once = new Tape();
    once.reverse(loss.of(once, 0));
    double forward = once.forwardMultiplies();
    Criterion cheap = Criterion.below("cost of all gradients in forward passes", 4);
    findings.number("parameters", quotients.length);
    findings.number("cost by backpropagation", (forward + once.backwardMultiplies()) / forward);
    findings.number("cost by central differences", differences.multiplies() / forward);
    findings.shows(cheap, "backpropagation", (forward + once.backwardMultiplies()) / forward);
    findings.control(cheap, "central differences", differences.multiplies() / forward);
  }

  /** All derivatives by two forward passes each, and what they multiplied. */
  private record Differences(double[] quotients, long multiplies) {
    static Differences of(Mlp network, Training.Loss loss) {
      List<Double> quotients = new ArrayList<>();
      long multiplies = 0;
      for (Leaf leaf : network.leaves()) {
        for (int i = 0; i < leaf.count(); i++) {
          Tape tape = new Tape();
          double above = shifted(leaf, i, STEP, loss, tape);
          double below = shifted(leaf, i, -STEP, loss, tape);
          quotients.add((above - below) / (2 * STEP));
          multiplies += tape.forwardMultiplies();
        }
      }
      return new Differences(quotients.stream().mapToDouble(d -> d).toArray(), multiplies);
    }
  }

  private static Training.Loss loss(Mlp network, double[] x, int[] targets) {
    return (tape, step) ->
        CrossEntropyFormula.mean().loss(network.apply(tape.constant(x, ROWS, IN)), targets).loss();
  }

  /** Layers of equal width. */
  private static Mlp equal(Draws draws, int width) {
    int[] widths = new int[LAYERS + 1];
    Arrays.fill(widths, width);
    return Mlp.draw(draws, Init.xavier(), ActivationFormula.TANH, widths);
  }

  /** How an input comes onto a tape: with a gradient or without. */
  @FunctionalInterface
  private interface Entry {
    Variable of(Tape tape, double[] values, int... shape);
  }

  private static double backwardOverForward(Mlp network, double[] x, Entry entry) {
    Tape tape = new Tape();
    tape.reverse(Primitives.sum(network.apply(entry.of(tape, x, 1, x.length))));
    return (double) tape.backwardMultiplies() / tape.forwardMultiplies();
  }

  private static double passesOfDifferences(Draws draws, int width) {
    Mlp network = equal(draws, width);
    Tape once = new Tape();
    Training.Loss loss =
        (tape, step) -> Primitives.sum(network.apply(tape.constant(new double[width], 1, width)));
    loss.of(once, 0);
    return (double) Differences.of(network, loss).multiplies() / once.forwardMultiplies();
  }

  private static double[] gradient(Mlp network, Training.Loss loss) {
    Training.gradient(network.leaves(), loss, 0);
    return network.leaves().stream()
        .flatMapToDouble(leaf -> Arrays.stream(leaf.gradient()))
        .toArray();
  }

  private static double shifted(Leaf leaf, int i, double by, Training.Loss loss, Tape tape) {
    double before = leaf.values()[i];
    leaf.update(values -> values[i] = before + by);
    double value = loss.of(tape, 0).scalar();
    leaf.update(values -> values[i] = before);
    return value;
  }

  private static void costs(Findings findings, Draws draws) {
    Criterion ratio =
        Criterion.exactly("backward over forward multiplications, four equal layers", 1.75);
    List<Point> swept = new ArrayList<>();
    List<Point> differences = new ArrayList<>();
    for (int width : WIDTHS) {
      Mlp network = equal(draws, width);
      double[] x = draws.normals(width, 1);
      double backward = backwardOverForward(network, x, Tape::constant);
      double parameters = network.leaves().stream().mapToInt(Leaf::count).sum();
      findings.number("backward over forward at width " + width, backward);
      findings.shows(ratio, "width " + width, backward);
      if (width == WIDTHS[0]) {
        double ofInput = backwardOverForward(network, x, Tape::variable);
        findings.control(ratio, "with the gradient of the input", ofInput);
      }
      swept.add(Point.of(parameters, 1 + backward));
      differences.add(Point.of(parameters, 2 * parameters));
    }
    Criterion level = Criterion.exactly("forward passes it costs, over those at width 8", 1);
    double narrow =
        1 + backwardOverForward(equal(draws, NARROW), new double[NARROW], Tape::constant);
    findings.shows(level, "backpropagation, width 256", swept.getLast().y() / narrow);
    findings.control(
        level,
        "central differences, width 16",
        passesOfDifferences(draws, 2 * NARROW) / passesOfDifferences(draws, NARROW));
    findings.picture(
        new Chart.Plot(
            "Cost of all gradients",
            Axis.log("parameters"),
            Axis.log("forward passes"),
            List.of(
                Series.line("backpropagation", swept),
                Series.line("central differences, 2 N", differences))));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int thousands = d.oneOf(List.of(200, 500, 1000, 2000));
              int milliseconds = d.oneOf(List.of(1, 2, 5));
              double passes = 1000.0 * thousands;
              double seconds = milliseconds / 1000.0;
              return Calculation.of(
                      ("%d thousand parameters, and a forward pass takes %d ms: how many seconds"
                              + " does the gradient take by central differences?")
                          .formatted(thousands, milliseconds),
                      2 * passes * seconds,
                      Closeness.DECADES)
                  .slip(3 * seconds, "that is about what backpropagation takes")
                  .slip(passes * seconds, "central differences take two passes per parameter")
                  .slip(2 * seconds, "two passes give one derivative, not all");
            }));
  }
}
