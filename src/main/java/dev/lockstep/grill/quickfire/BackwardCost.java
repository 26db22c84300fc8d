package dev.lockstep.grill.quickfire;

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
import dev.lockstep.grill.toy.CountedLayers;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A backward pass multiplies nearly twice as much as a forward pass. */
public final class BackwardCost implements Lab {
  private static final Question QUESTION =
      Question.number(55, "backprop-cost", Topic.QUICK_FIRE)
          .asks("What does a backward pass cost next to a forward pass?")
          .formula(
              "L equal layers: backward/forward = 2 − 1/L, or 2 with the gradient of the input",
              "\\frac{\\text{backward}}{\\text{forward}} = 2 - \\frac{1}{L}")
          .answer(
              "About twice: each layer has one product forward and two backward, for its weight and"
                  + " for its input.")
          .but(
              "The first layer needs no gradient of its input, and a frozen one none of its"
                  + " weight.")
          .experiment(
              "Multiplications of 1 to 16 equal layers, counted on the tape; of 4 layers also in"
                  + " the instructions of our kernels.")
          .points("two products per layer, dW and dx", "2 − 1/L, for the data need no gradient")
          .expects(Verdict.CONFIRMED);

  private static final int WIDTH = 128;
  private static final int ROWS = 4;
  private static final int[] DEPTHS = {1, 2, 4, 8, 16};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    double[] weight = Init.lecun().draw(trial.draws(), WIDTH, WIDTH);
    Criterion formula = Criterion.exactly("backward over forward multiplications, less 2 − 1/L", 0);
    Criterion limit = Criterion.exactly("backward over forward multiplications", 2);
    List<Point> points = new ArrayList<>();
    for (int depth : DEPTHS) {
      double ratio = ratio(weight, depth, 0, false);
      findings.number("backward over forward, L = " + depth, ratio);
      findings.shows(formula, "L = " + depth, ratio - (2 - 1.0 / depth));
      findings.shows(
          limit, "L = %d, input with gradient".formatted(depth), ratio(weight, depth, 0, true));
      points.add(Point.of(depth, ratio));
    }
    findings.control(limit, "L = 16, input without", points.getLast().y());
    countKernels(trial, findings, formula, limit);
    double frozen = ratio(weight, 4, 3, false);
    findings.number("backward over forward, 3 of 4 layers frozen", frozen);
    findings.control(formula, "3 of 4 layers frozen", frozen - 1.75);
    findings.picture(
        new Chart.Plot(
            "Backward over forward",
            Axis.log("layers"),
            Axis.linear("ratio of multiplications"),
            List.of(
                Series.line("counted", points),
                new Series(
                    "limit", Series.Style.BOUND, List.of(Point.of(1, 2), Point.of(16, 2))))));
    return findings;
  }

  /** The same in the instructions of our kernels. */
  private static void countKernels(
      Trial trial, Findings findings, Criterion formula, Criterion limit) {
    Draws draws = trial.draws();
    Optional<CountedLayers.Pass> found =
        CountedLayers.run(trial.device(), draws.child("kernels"), 0, false);
    Optional<CountedLayers.Pass> withInput =
        CountedLayers.run(trial.device(), draws.child("kernels"), 0, true);
    if (found.isEmpty() || withInput.isEmpty()) {
      findings.note(CountedLayers.NOT_COUNTED);
      return;
    }
    CountedLayers.Pass pass = found.get();
    CountedLayers.Pass tape = CountedLayers.reference(draws.child("kernels"), 0, false);
    Criterion same = Criterion.exactly("our kernels' multiplications over the tape's", 1);
    findings.shows(same, "forward", pass.forward() / (double) tape.forward());
    findings.shows(same, "backward", pass.backward() / (double) tape.backward());
    findings.control(same, "backward against forward", pass.backward() / (double) tape.forward());
    findings.shows(
        formula,
        "our kernels, L = " + CountedLayers.LAYERS,
        pass.backwardOverForward() - (2 - 1.0 / CountedLayers.LAYERS));
    findings.shows(
        limit, "our kernels, input with gradient", withInput.get().backwardOverForward());
  }

  private static double ratio(double[] weight, int depth, int frozen, boolean ofInput) {
    Tape tape = new Tape();
    double[] x = new double[ROWS * WIDTH];
    Arrays.fill(x, 1);
    Variable h = ofInput ? tape.variable(x, ROWS, WIDTH) : tape.constant(x, ROWS, WIDTH);
    for (int i = 0; i < depth; i++) {
      Variable w =
          i < frozen ? tape.constant(weight, WIDTH, WIDTH) : tape.variable(weight, WIDTH, WIDTH);
      h = ActivationFormula.TANH.apply(LinearFormula.linear(h, w, null));
    }
    tape.reverse(Primitives.sum(h));
    return (double) tape.backwardMultiplies() / tape.forwardMultiplies();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int layers = d.between(4, 10);
              int frozen = d.between(2, layers - 2);
              int trained = layers - frozen;
              return Calculation.of(
                      ("%d equal layers, the first %d frozen: backward over forward, in"
                              + " multiplications?")
                          .formatted(layers, frozen),
                      (2.0 * trained - 1) / layers,
                      Closeness.NEAR)
                  .slip(2 - 1.0 / layers, "frozen layers need no dW, and below them no dx")
                  .slip(
                      2.0 * trained / layers, "nothing below the first trained layer needs its dx")
                  .slip(2, "that is the limit of many layers, none frozen");
            }),
        Calculation.draw(
            draws,
            d -> {
              int layers = d.between(2, 5);
              return Calculation.of(
                      ("%d equal layers, the data need no gradient: backward over forward, in"
                              + " multiplications?")
                          .formatted(layers),
                      2 - 1.0 / layers,
                      Closeness.NEAR)
                  .slip(2, "that is the limit of many layers")
                  .slip(1, "each layer has two products backward")
                  .slip(3, "that is both passes over the forward one");
            }));
  }
}
