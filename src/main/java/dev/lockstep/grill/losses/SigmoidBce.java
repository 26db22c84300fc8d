package dev.lockstep.grill.losses;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;

/** Behind a sigmoid, cross-entropy has no slope σ′ in its gradient; squared error does. */
public final class SigmoidBce implements Lab {
  private static final Question QUESTION =
      Question.number(14, "sigmoid-bce", Topic.LOSSES)
          .asks("Why binary cross-entropy with a sigmoid, and not squared error?")
          .formula(
              "BCE: dL/dz = σ(z) − y; squared error: dL/dz = 2(σ − y) σ(1 − σ)",
              "\\text{BCE: } \\frac{\\partial L}{\\partial z} = \\sigma(z) - y,\\qquad"
                  + " \\text{squared error: } \\frac{\\partial L}{\\partial z}"
                  + " = 2(\\sigma - y)\\,\\sigma(1 - \\sigma)")
          .answer(
              "Cross-entropy's logarithm cancels the sigmoid's slope: what is left is σ − y, close"
                  + " to 1 for a confident mistake. Squared error keeps the slope, which is nearly"
                  + " 0 there.")
          .but("Near z = 0, where nothing is saturated, the two differ by a small factor only.")
          .experiment(
              "Both formulas against the tape at 64 logits; descent of one logit from −2, −5 and"
                  + " −8 to σ > 0.9, learning rate 1.")
          .points(
              "cross-entropy: σ − y",
              "squared error has σ(1 − σ) as a factor",
              "which vanishes when it is confidently wrong")
          .expects(Verdict.CONFIRMED);

  private static final int COUNT = 64;
  private static final int MOST_STEPS = 10_000;

  private static Variable crossEntropy(Variable z, double... y) {
    return Primitives.sum(BceWithLogitsFormula.elements(z, y, null, null));
  }

  private static Variable squaredError(Variable z, double... y) {
    return Primitives.sum(
        SquaredErrorFormula.elements(
            ActivationFormula.SIGMOID.apply(z), z.tape().constant(y, z.shape())));
  }

  /** From logits and targets to a loss. */
  private interface Loss {
    Variable of(Variable z, double... y);
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    double[] z = draws.normals(COUNT, 3);
    double[] y = new double[COUNT];
    Arrays.setAll(y, i -> draws.below(2));
    double[] plain = new double[COUNT];
    double[] sloped = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      double s = sigmoid(z[i]);
      plain[i] = s - y[i];
      sloped[i] = 2 * (s - y[i]) * s * (1 - s);
    }
    double[] log = gradient(SigmoidBce::crossEntropy, z, y);
    double[] square = gradient(SigmoidBce::squaredError, z, y);
    Criterion difference = Criterion.below("largest distance of dL/dz from σ(z) − y", 1e-12);
    findings.number("cross-entropy, distance from σ − y", Vectors.farthest(log, plain));
    findings.shows(difference, "cross-entropy", Vectors.farthest(log, plain));
    findings.control(difference, "squared error", Vectors.farthest(square, plain));
    Criterion product = Criterion.below("largest distance of dL/dz from 2(σ − y)σ(1 − σ)", 1e-12);
    findings.shows(product, "squared error", Vectors.farthest(square, sloped));
    findings.control(product, "cross-entropy", Vectors.farthest(log, sloped));

    Criterion slower = Criterion.above("steps of squared error per step of cross-entropy", 30);
    for (int start : new int[] {-2, -5, -8}) {
      double quick = path(SigmoidBce::crossEntropy, start).length - 1;
      double slow = path(SigmoidBce::squaredError, start).length - 1;
      findings.number("steps from %d, cross-entropy".formatted(start), quick);
      findings.number("steps from %d, squared error".formatted(start), slow);
      if (start == -8) {
        findings.shows(slower, "from −8", slow / quick);
      } else if (start == -2) {
        findings.control(slower, "from −2, not saturated", slow / quick);
      }
    }
    findings.picture(
        new Chart.Plot(
            "A logit on its way from −5 to where σ is 0.9",
            Axis.linear("step"),
            Axis.linear("z"),
            List.of(
                Series.steps("cross-entropy", path(SigmoidBce::crossEntropy, -5)),
                Series.steps("squared error", path(SigmoidBce::squaredError, -5)))));
    return findings;
  }

  /** The logit before each step, until σ is above 0.9. */
  private static double[] path(Loss loss, double start) {
    double[] places = new double[MOST_STEPS];
    places[0] = start;
    int step = 0;
    while (step < MOST_STEPS - 1 && sigmoid(places[step]) <= 0.9) {
      double z = places[step];
      places[++step] = z - gradient(loss, new double[] {z}, 1)[0];
    }
    return Arrays.copyOf(places, step + 1);
  }

  private static double[] gradient(Loss loss, double[] logits, double... targets) {
    Tape tape = new Tape();
    Variable z = tape.variable(logits, 1, logits.length);
    tape.reverse(loss.of(z, targets));
    return z.gradient();
  }

  private static double sigmoid(double z) {
    return ActivationFormula.SIGMOID.value(z, 0);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double z = -d.between(4, 14) / 2.0;
              double slope = sigmoid(z) * (1 - sigmoid(z));
              return Calculation.of(
                      ("z = %s and y = 1: the gradient of squared error over that of"
                              + " cross-entropy?")
                          .formatted(z),
                      2 * slope,
                      Closeness.DECADES)
                  .slip(1, "the two gradients are not equal")
                  .slip(0.25, "a quarter is the slope's maximum, at 0")
                  .slip(slope, "the square's derivative has a factor 2");
            }),
        new Derivation(
            "L = (s(z) − y)², s the sigmoid. dL/dz from the numbers z and y?",
            "2 * (s(z) - y) * s(z) * (1 - s(z))",
            List.of(Input.normal("z", 1, 1), Input.normal("y", 1, 1)),
            inputs ->
                Matrix.of(
                    gradient(SigmoidBce::squaredError, inputs.values("z"), inputs.values("y"))[
                        0])));
  }
}
