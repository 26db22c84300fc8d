package dev.lockstep.grill.architectures;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.SgdFormula;
import java.util.Arrays;
import java.util.List;

/** What weight decay comes to in Adam and in AdamW, for gradients of any size. */
public final class WeightDecay implements Lab {
  private static final String AT_SMALL = "weight left at RMS 0.01, Adam with L2";
  private static final String DECOUPLED = "weight left, AdamW";

  private static final Question QUESTION =
      Question.number(45, "weight-decay", Topic.ARCHITECTURES)
          .asks("How do L2 regularisation and decoupled weight decay differ in Adam?")
          .formula(
              "L2: g + λw;  AdamW: w(1 − ηλ) − η m̂/(√v̂ + ε);"
                  + "  Adam with L2 shrinks w by about ηλw / √(s² + (λw)²)",
              "w \\leftarrow (1 - \\eta\\lambda)\\,w - \\eta\\,\\frac{\\hat m}{\\sqrt{\\hat v} +"
                  + " \\varepsilon}, \\qquad \\Delta w_{L_2} \\approx"
                  + " \\frac{\\eta\\lambda w}{\\sqrt{s^2 + (\\lambda w)^2}}")
          .answer(
              "In Adam the L2 term is divided by √v̂ like the gradient, so coupled decay is weaker;"
                  + " AdamW takes it out of the gradient and shrinks every weight alike.")
          .but(
              "Weaker holds for gradients whose root mean square s is above 1. At s = 1 both are"
                  + " equal, and below it coupled decay is the stronger one: what is wrong with it"
                  + " is that its strength depends on s.")
          .experiment(
              "100 weights at 1, gradients normal with s from 0 to 10, rate 0.001, λ = 0.1, 1500"
                  + " steps: the mean weight left.")
          .points(
              "L2 adds λw to the gradient, which Adam then divides by √v̂",
              "AdamW multiplies the weight by 1 − ηλ, whatever the gradient",
              "coupled decay is weaker for large gradients and stronger for small ones",
              "in plain SGD the two are the same")
          .kernels("optimizer_adamw_wd0.1", "optimizer_adam_l2_wd0.1")
          .expects(Verdict.REFUTED);

  private static final int WEIGHTS = 100;
  private static final int STEPS = 1500;
  private static final double RATE = 1e-3;
  private static final double DECAY = 0.1;
  private static final double[] SIZES = {1e-3, 1e-2, 0.1, 1, 10};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    double expected = Math.pow(1 - RATE * DECAY, STEPS);
    Criterion constant = Criterion.between("weight left", expected - 0.01, expected + 0.01);
    Criterion weaker = Criterion.above("weight left", 0.97);
    Criterion stronger = Criterion.below("weight left", 0.15);
    double[] coupled = new double[SIZES.length];
    double[] decoupled = new double[SIZES.length];
    for (int i = 0; i < SIZES.length; i++) {
      double size = SIZES[i];
      Draws draws = trial.draws().child(i);
      coupled[i] = left(draws, new AdamFormula(0.9, 0.999, 1e-8, false), size);
      decoupled[i] = left(draws, AdamFormula.adamW(0.9, 0.999, 1e-8), size);
      findings.shows(constant, "AdamW at RMS " + size, decoupled[i]);
      if (size != 1) {
        findings.control(constant, "Adam with L2 at RMS " + size, coupled[i]);
      }
    }
    findings.number(DECOUPLED, decoupled[0]);
    findings.number(AT_SMALL, coupled[1]);
    findings.number("weight left at RMS 1, Adam with L2", coupled[3]);
    findings.number("weight left at RMS 10, Adam with L2", coupled[4]);
    findings.shows(weaker, "Adam with L2 at RMS 10", coupled[4]);
    findings.control(weaker, "AdamW at RMS 10", decoupled[4]);
    findings.refutes(stronger, "Adam with L2 at RMS 0.01", coupled[1]);
    findings.control(stronger, "AdamW at RMS 0.01", decoupled[1]);

    Criterion apart = Criterion.above("L2 and decoupled decay apart", 0.1);
    double sgd = sgdApart(trial.draws().child("sgd"));
    findings.number("L2 and decoupled decay apart, SGD", sgd);
    findings.shows(apart, "Adam at RMS 0.01", Math.abs(coupled[1] - decoupled[1]));
    findings.control(apart, "plain SGD", sgd);
    Criterion equal = Criterion.below("L2 and decoupled decay apart", 0.02);
    findings.corrects(equal, "Adam at RMS 1", Math.abs(coupled[3] - decoupled[3]));
    findings.control(equal, "Adam at RMS 10", Math.abs(coupled[4] - decoupled[4]));
    findings.picture(
        new Chart.Plot(
            "What is left of a weight of 1",
            Axis.log("root mean square of the gradients"),
            Axis.linear("weight left after 1500 steps"),
            List.of(
                Figures.line("Adam with L2", SIZES, coupled),
                Figures.line("AdamW", SIZES, decoupled))));
    return findings;
  }

  /** The mean weight after all steps. */
  private static double left(Draws draws, AdamFormula formula, double size) {
    Draws gradients = draws.child("gradients");
    double[] weights = ones();
    AdamFormula.State state = new AdamFormula.State(WEIGHTS);
    for (int step = 0; step < STEPS; step++) {
      formula.step(weights, gradients.normals(WEIGHTS, size), state, RATE, DECAY);
    }
    return Arrays.stream(weights).average().orElseThrow();
  }

  /** The largest difference of a weight between λw in the gradient and a factor of 1 − ηλ. */
  private static double sgdApart(Draws draws) {
    double[] coupled = ones();
    double[] decoupled = ones();
    SgdFormula formula = new SgdFormula(0, 0, false);
    SgdFormula.State state = new SgdFormula.State(WEIGHTS);
    for (int step = 0; step < STEPS; step++) {
      double[] g = draws.normals(WEIGHTS, 1);
      formula.step(coupled, g, state, RATE, DECAY);
      Arrays.setAll(decoupled, i -> (1 - RATE * DECAY) * decoupled[i] - RATE * g[i]);
    }
    double most = 0;
    for (int i = 0; i < WEIGHTS; i++) {
      most = Math.max(most, Math.abs(coupled[i] - decoupled[i]));
    }
    return most;
  }

  private static double[] ones() {
    double[] ones = new double[WEIGHTS];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        new Prediction(
            "Gradients of RMS 0.01, the same rate and λ: does Adam with L2 leave more of a weight"
                + " than AdamW?",
            List.of(
                "more, by a tenth or more", "the same to within a tenth", "a tenth less, or lower"),
            findings -> {
              double ratio =
                  findings.number(AT_SMALL).median() / findings.number(DECOUPLED).median();
              return ratio > 1.1 ? 0 : ratio > 0.9 ? 1 : 2;
            }),
        Choice.of(
            "Gradients are about 0.001. Adam with L2 against AdamW, same λ: the weights shrink …",
            "faster with L2",
            new Wrong("slower with L2", "that holds for gradients above 1"),
            new Wrong("equally fast", "the scale cancels, but the decay is divided along with it"),
            new Wrong("only with AdamW", "ε is far too small to hide a gradient of 0.001")),
        new Derivation(
            "The first AdamW step of a weight w with gradient g, rate eta, decay lam and eps: type"
                + " the new weight.",
            "w * (1 - eta * lam) - eta * g / (abs(g) + eps)",
            List.of(
                Input.normal("w", 1, 1),
                Input.normal("g", 1, 1),
                Input.positive("eta"),
                Input.positive("lam"),
                Input.positive("eps")),
            drawn -> {
              double[] w = {drawn.number("w")};
              AdamFormula.adamW(0.9, 0.999, drawn.number("eps"))
                  .step(
                      w,
                      new double[] {drawn.number("g")},
                      new AdamFormula.State(1),
                      drawn.number("eta"),
                      drawn.number("lam"));
              return Matrix.of(w[0]);
            }));
  }
}
