package dev.lockstep.grill.basics;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.LeastSquares;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** One hidden layer comes near any continuous function, unless its activation is a polynomial. */
public final class UniversalApproximation implements Lab {
  private static final Question QUESTION =
      Question.number(3, "universal-approximation", Topic.BASICS)
          .asks("What does the universal approximation theorem say, and what does it not say?")
          .formula(
              "for every ε > 0 there are m, c, w, b: max over x in K of |f(x) − Σᵢ cᵢ φ(wᵢx + bᵢ)|"
                  + " < ε",
              "\\forall \\varepsilon > 0\\ \\exists\\, m, c, w, b:\\quad \\max_{x \\in K} \\Big|"
                  + " f(x) - \\sum_{i=1}^m c_i\\,\\varphi(w_i x + b_i) \\Big| < \\varepsilon")
          .answer(
              "One hidden layer, wide enough, comes as near as wanted to any continuous function on"
                  + " a compact set K.")
          .but(
              "Not with every activation: polynomials cannot, other continuous ones can (Leshno et"
                  + " al. 1993; Cybenko 1989 had shown it for sigmoidal ones). And it says that"
                  + " such weights exist: nothing of how wide, how learnt, or what happens outside"
                  + " K.")
          .experiment(
              "sin 3πx + |x|/2 on 400 points of [−1, 1] from 4 to 256 random features, the output"
                  + " layer by least squares; nothing is trained.")
          .points(
              "any continuous function on a compact set, to any accuracy, if wide enough",
              "the activation must not be a polynomial",
              "it is about existence: not about width, learning, or points outside the set")
          .expects(Verdict.CORRECTED);

  private static final int POINTS = 400;
  private static final List<Integer> WIDTHS = List.of(4, 16, 64, 256);
  private static final int WIDEST = 256;
  private static final int REPEATS = 3;
  private static final double STEEP = 6;

  private static final Map<String, DoubleUnaryOperator> ACTIVATIONS = new LinkedHashMap<>();

  static {
    ACTIVATIONS.put("tanh", Math::tanh);
    ACTIVATIONS.put("ReLU", z -> Math.max(z, 0));
    ACTIVATIONS.put("z²", z -> z * z);
    ACTIVATIONS.put("z³", z -> z * z * z);
  }

  /** Largest errors on [−1, 1] and on [1, 1.5]. */
  private record Errors(double inside, double outside) {}

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Series> curves = new ArrayList<>();
    ACTIVATIONS.forEach(
        (name, activation) -> {
          List<Series.Point> points = new ArrayList<>();
          for (int width : WIDTHS) {
            List<Errors> all =
                trial.repeats(REPEATS).stream().map(d -> fit(d, activation, width)).toList();
            Spread inside = Spread.over(all, Errors::inside);
            Spread outside = Spread.over(all, Errors::outside);
            findings.number(inside(name, width), inside);
            if (width == WIDEST) {
              findings.number(name + ", 256 units, largest error on [1, 1.5]", outside);
            }
            points.add(Series.Point.of(width, inside.median()));
          }
          curves.add(Series.line(name, points));
        });
    judge(findings);
    findings.picture(
        new Chart.Plot(
            "Wider is nearer", Axis.log("hidden units"), Axis.log("largest error"), curves));
    return findings;
  }

  private static String inside(String activation, int width) {
    return "%s, %d units, largest error".formatted(activation, width);
  }

  private static void judge(Findings findings) {
    Criterion near = Criterion.below("largest error with 256 units", 0.2);
    Criterion stays = Criterion.above("error with 256 units / error with 16", 0.999);
    for (String name : ACTIVATIONS.keySet()) {
      double wide = findings.number(inside(name, WIDEST)).median();
      double ratio = wide / findings.number(inside(name, 16)).median();
      if (name.startsWith("z")) {
        findings.control(near, name, wide);
        findings.corrects(stays, name, ratio);
      } else {
        findings.shows(near, name, wide);
        findings.control(stays, name, ratio);
      }
    }
    double kept = findings.number(inside("tanh", WIDEST)).median();
    Criterion nearer = Criterion.below("largest error with 256 units", 0.002);
    findings.shows(nearer, "tanh", kept);
    findings.control(nearer, "ReLU", findings.number(inside("ReLU", WIDEST)).median());
    Criterion lost = Criterion.above("largest error", 1);
    double outside = findings.number("tanh, 256 units, largest error on [1, 1.5]").median();
    findings.corrects(lost, "tanh, 256 units, on [1, 1.5]", outside);
    findings.control(lost, "tanh, 256 units, on [−1, 1]", kept);
  }

  private static double target(double x) {
    return Math.sin(3 * Math.PI * x) + Math.abs(x) / 2;
  }

  private static Errors fit(Draws draws, DoubleUnaryOperator activation, int width) {
    double[] weights = draws.normals(width, STEEP);
    double[] biases = draws.uniforms(width, -STEEP, STEEP);
    double[][] features = new double[POINTS][];
    double[] targets = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      double x = -1 + 2.0 * i / (POINTS - 1);
      features[i] = features(x, weights, biases, activation);
      targets[i] = target(x);
    }
    double[] best = LeastSquares.fit(features, targets);
    double inside = 0;
    for (int i = 0; i < POINTS; i++) {
      inside = Math.max(inside, Math.abs(LeastSquares.value(best, features[i]) - targets[i]));
    }
    double outside = 0;
    for (double x = 1; x <= 1.5; x += 0.01) {
      double y = LeastSquares.value(best, features(x, weights, biases, activation));
      outside = Math.max(outside, Math.abs(y - target(x)));
    }
    return new Errors(inside, outside);
  }

  /** φ(wᵢx + bᵢ) of each unit, and 1. */
  private static double[] features(
      double x, double[] weights, double[] biases, DoubleUnaryOperator activation) {
    double[] features = new double[weights.length + 1];
    for (int i = 0; i < weights.length; i++) {
      features[i] = activation.applyAsDouble(weights[i] * x + biases[i]);
    }
    features[weights.length] = 1;
    return features;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "With which activation is one hidden layer not universal, however wide it is?",
            "z³ − z",
            new Wrong("ReLU", "pieces of straight lines are enough: any number may be joined"),
            new Wrong("tanh", "that it is bounded does not matter: the output layer scales it"),
            new Wrong("sin z", "it need not be monotone, only not a polynomial")));
  }
}
