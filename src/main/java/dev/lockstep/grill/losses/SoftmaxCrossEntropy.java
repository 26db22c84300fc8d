package dev.lockstep.grill.losses;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Inputs;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.OneHot;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** With cross-entropy behind it, a softmax passes p − y back, however wrong it is. */
public final class SoftmaxCrossEntropy implements Lab {
  private static final Question QUESTION =
      Question.number(13, "softmax-ce", Topic.LOSSES)
          .asks("Why cross-entropy with a softmax, and what is its gradient in the logits?")
          .formula(
              "L = −Σ yₖ log pₖ, p = softmax(z): dL/dz = p − y",
              "L = -\\sum_k y_k \\log p_k,\\quad p = \\operatorname{softmax}(z):\\qquad"
                  + " \\frac{\\partial L}{\\partial z} = p - y")
          .answer(
              "It is the negative log-likelihood of a categorical distribution, and its gradient is"
                  + " p − y: the logarithm cancels the softmax's slope, so that a confident mistake"
                  + " gets a large gradient and not a vanishing one.")
          .but("Compute it from the logits in one piece: exponentials alone overflow.")
          .experiment(
              "8 × 10 logits against p − y; gradient norms at a gap of up to 20 in favour of a"
                  + " wrong class; descent from a gap of 8; logits (0, 200) in float32.")
          .points(
              "negative log-likelihood of a categorical distribution",
              "dL/dz = p − y",
              "no vanishing gradient when it is confidently wrong",
              "computed from logits, by log-sum-exp")
          .kernels("cross_entropy_5x7_mean")
          .expects(Verdict.CONFIRMED);

  private static final int ROWS = 8;
  private static final int CLASSES = 10;
  private static final int GAP = 20;
  private static final double RATE = 0.5;
  private static final double START = 8;
  private static final int MOST_STEPS = 5000;

  /** From logits and the class of each row to a loss. */
  private interface Loss {
    Variable of(Variable logits, int... targets);
  }

  private static Variable crossEntropy(Variable logits, int... targets) {
    return new CrossEntropyFormula(CrossEntropyFormula.Reduction.SUM, -100, 0, 0)
        .loss(logits, targets)
        .loss();
  }

  private static Variable squaredError(Variable logits, int... targets) {
    Variable oneHot = logits.tape().constant(OneHot.of(CLASSES, targets), targets.length, CLASSES);
    return Primitives.sum(SquaredErrorFormula.elements(SoftmaxFormula.softmax(logits), oneHot));
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    double[] logits = draws.normals(ROWS * CLASSES, 2);
    int[] targets = new int[ROWS];
    Arrays.setAll(targets, i -> draws.below(CLASSES));
    double[] expected =
        SoftmaxFormula.softmax(new Tape().constant(logits, ROWS, CLASSES)).values().clone();
    double[] oneHot = OneHot.of(CLASSES, targets);
    for (int i = 0; i < expected.length; i++) {
      expected[i] -= oneHot[i];
    }
    Criterion formula = Criterion.below("largest distance of dL/dz from p − y", 1e-12);
    double own =
        Vectors.farthest(gradient(SoftmaxCrossEntropy::crossEntropy, logits, targets), expected);
    findings.number("largest distance of dL/dz from p − y", own);
    findings.shows(formula, "cross-entropy", own);
    findings.control(
        formula,
        "squared error behind the softmax",
        Vectors.farthest(gradient(SoftmaxCrossEntropy::squaredError, logits, targets), expected));
    confidentMistakes(findings);
    inFloats(findings);
    return findings;
  }

  private static void confidentMistakes(Findings findings) {
    List<Point> logs = new ArrayList<>();
    List<Point> squares = new ArrayList<>();
    for (int gap = 0; gap <= GAP; gap++) {
      logs.add(Point.of(gap, norm(SoftmaxCrossEntropy::crossEntropy, gap)));
      squares.add(Point.of(gap, norm(SoftmaxCrossEntropy::squaredError, gap)));
    }
    Criterion large = Criterion.above("gradient norm at a gap of 20", 1);
    findings.number("gradient norm at a gap of 20, cross-entropy", logs.getLast().y());
    findings.number("gradient norm at a gap of 20, squared error", squares.getLast().y());
    findings.shows(large, "cross-entropy", logs.getLast().y());
    findings.control(large, "squared error", squares.getLast().y());
    Criterion soon = Criterion.below("steps until the right class has 0.9", 50);
    int quick = steps(SoftmaxCrossEntropy::crossEntropy);
    int slow = steps(SoftmaxCrossEntropy::squaredError);
    findings.number("steps until the right class has 0.9, cross-entropy", quick);
    findings.number("steps until the right class has 0.9, squared error", slow);
    findings.shows(soon, "cross-entropy", quick);
    findings.control(soon, "squared error", slow);
    findings.picture(
        new Chart.Plot(
            "Gradient of a mistake",
            Axis.linear("logit of the wrong class, the others 0"),
            Axis.log("norm of dL/dz"),
            List.of(
                Series.line("cross-entropy", logs),
                Series.line("squared error behind the softmax", squares))));
  }

  private static double norm(Loss loss, double gap) {
    return Vectors.norm(gradient(loss, wrong(gap), 1));
  }

  /** Class 0 is ahead by {@code gap}, class 1 is right. */
  private static double[] wrong(double gap) {
    double[] logits = new double[CLASSES];
    logits[0] = gap;
    return logits;
  }

  private static int steps(Loss loss) {
    double[] z = wrong(START);
    int step = 0;
    while (step < MOST_STEPS
        && SoftmaxFormula.softmax(new Tape().constant(z, 1, CLASSES)).values()[1] <= 0.9) {
      double[] gradient = gradient(loss, z, 1);
      for (int i = 0; i < z.length; i++) {
        z[i] -= RATE * gradient[i];
      }
      step++;
    }
    return step;
  }

  private static void inFloats(Findings findings) {
    float right = 0;
    float wrong = 200;
    float sum = (float) Math.exp(right) + (float) Math.exp(wrong);
    float naive = (float) -Math.log((float) Math.exp(right) / sum);
    float rest = (float) Math.exp(right - wrong) + 1;
    float fused = wrong + (float) Math.log(rest) - right;
    Criterion loss = Criterion.exactly("float32 loss of logits (0, 200), class 0", 200);
    findings.number("float32 loss of logits (0, 200), softmax and then a logarithm", naive);
    findings.shows(loss, "log-sum-exp", fused);
    findings.control(loss, "softmax and then a logarithm", naive);
  }

  private static double[] gradient(Loss loss, double[] logits, int... targets) {
    Tape tape = new Tape();
    Variable z = tape.variable(logits, targets.length, CLASSES);
    tape.reverse(loss.of(z, targets));
    return z.gradient();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(draws, SoftmaxCrossEntropy::ofTrueLogit),
        new Derivation(
            "L = −Σ y log p, p = softmax(z), for any weights y: they need not sum to 1. dL/dz from"
                + " the columns z and y?",
            "exp(z) * (sum(y) / sum(exp(z))) - y",
            List.of(Input.normal("z", 4, 1), Input.normal("y", 4, 1)),
            SoftmaxCrossEntropy::weighted));
  }

  private static Calculation ofTrueLogit(Draws d) {
    int[] z = {d.between(-2, 2), d.between(-2, 2), d.between(-2, 2)};
    double p = Math.exp(z[0]) / (Math.exp(z[0]) + Math.exp(z[1]) + Math.exp(z[2]));
    return Calculation.of(
            "Logits (%d, %d, %d), the first class is right: dL/dz of its logit?"
                .formatted(z[0], z[1], z[2]),
            p - 1,
            Closeness.NEAR)
        .slip(p, "p − y, and y is 1 here")
        .slip(-p * (1 - p), "the logarithm cancels the slope p(1 − p)")
        .slip(-Math.log(p), "that is the loss, not its gradient");
  }

  private static Matrix weighted(Inputs inputs) {
    Tape tape = new Tape();
    Variable z = tape.variable(inputs.values("z"), 1, 4);
    Variable y = tape.constant(inputs.values("y"), 1, 4);
    tape.reverse(
        Primitives.scale(Primitives.sum(Primitives.multiply(SoftmaxFormula.logSoftmax(z), y)), -1));
    return new Matrix(4, 1, z.gradient());
  }
}
