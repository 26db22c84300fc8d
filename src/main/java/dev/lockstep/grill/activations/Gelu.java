package dev.lockstep.grill.activations;

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
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** What GELU is: two functions of that name, and a mask whose probability depends on the input. */
public final class Gelu implements Lab {
  private static final Question QUESTION =
      Question.number(10, "gelu", Topic.ACTIVATIONS)
          .asks("What is GELU, and what does it have to do with dropout?")
          .formula(
              "GELU(x) = x Φ(x) = E[x · Bernoulli(Φ(x))]",
              "\\operatorname{GELU}(x) = x\\,\\Phi(x)"
                  + " = \\mathbb{E}\\left[x \\cdot \\operatorname{Bernoulli}(\\Phi(x))\\right]")
          .answer(
              "The input times the probability that a standard normal number is smaller: the mean"
                  + " of a mask that keeps x with probability Φ(x). It is smooth, and close to ReLU"
                  + " far from 0.")
          .but(
              "Two functions bear the name, the one with erf and its tanh form, which GPT-2 uses;"
                  + " and the mask is not dropout, for its probability depends on x.")
          .experiment(
              "Both forms on 160,001 points of [−8, 8], and the mean of 200,000 random masks at"
                  + " three points.")
          .points(
              "x times Φ(x), the distribution function of the standard normal",
              "the tanh form is an approximation, off by less than 5e-4",
              "the mask's probability depends on the input, unlike dropout's")
          .kernels("linear_gelu_erf_19x40_to_24", "linear_gelu_tanh_19x40_to_24")
          .expects(Verdict.CONFIRMED);

  private static final int HALF = 80_000;
  private static final double STEP = 1e-4;
  private static final int MASKS = 200_000;
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    forms(findings);
    masks(findings, trial);
    pictures(findings);
    return findings;
  }

  private static void forms(Findings findings) {
    double apart = largestDistance(Gelu::tanhForm);
    double quick = largestDistance(Gelu::quick);
    double misprint = largestDistance(x -> tanhForm(x, 0.44715));
    findings.number("erf form and tanh form apart at most", apart);
    findings.number("x·σ(1.702 x) apart at most", quick);
    findings.number("tanh form with 0.44715 apart at most", misprint);
    Criterion close = Criterion.between("largest distance to the erf form", 4.6e-4, 4.8e-4);
    findings.shows(close, "tanh form", apart);
    findings.control(close, "x·σ(1.702 x)", quick);
    findings.control(close, "tanh form with 0.44715 for 0.044715", misprint);

    double where = lowest(Gelu::erfForm);
    double ofSilu = lowest(x -> ActivationFormula.SILU.value(x, 0));
    findings.number("its minimum", erfForm(where));
    findings.number("at", where);
    Criterion deep = Criterion.between("minimum", -0.17005, -0.16995);
    findings.shows(deep, "erf form", erfForm(where));
    findings.control(deep, "SiLU", ActivationFormula.SILU.value(ofSilu, 0));
    Criterion there = Criterion.between("place of the minimum", -0.752, -0.751);
    findings.shows(there, "erf form", where);
    findings.control(there, "SiLU", ofSilu);
  }

  /** Where a form is least. */
  private static double lowest(DoubleUnaryOperator form) {
    double where = 0;
    for (int i = -HALF; i <= HALF; i++) {
      double x = i * STEP;
      where = form.applyAsDouble(x) < form.applyAsDouble(where) ? x : where;
    }
    return where;
  }

  private static void masks(Findings findings, Trial trial) {
    Criterion fits = Criterion.below("distance of the mean from x Φ(x) in standard errors", 4);
    for (double x : new double[] {-1, 0.5, 2}) {
      Draws draws = trial.draws().child("x = " + x);
      double own = standardErrors(draws, x, erfForm(x) / x);
      double dropout = standardErrors(draws, x, 0.5);
      findings.shows(fits, "masks at x = " + x, own);
      findings.control(fits, "dropout of 1/2 at x = " + x, dropout);
      findings.number("standard errors at x = " + x, Spread.of(own));
    }
  }

  /** How far the mean of masks that keep x with some probability lies from GELU(x). */
  private static double standardErrors(Draws draws, double x, double keep) {
    int kept = 0;
    for (int i = 0; i < MASKS; i++) {
      kept += draws.chance(keep) ? 1 : 0;
    }
    double mean = x * kept / MASKS;
    double error = Math.abs(x) * Math.sqrt(keep * (1 - keep) / MASKS);
    return Math.abs(mean - erfForm(x)) / error;
  }

  private static void pictures(Findings findings) {
    findings.picture(
        new Chart.Plot(
            "Three functions",
            Axis.linear("x"),
            Axis.linear("y"),
            List.of(
                curve("x Φ(x)", Gelu::erfForm),
                curve("x σ(1.702 x)", Gelu::quick),
                curve("ReLU", x -> Math.max(x, 0)))));
    findings.picture(
        new Chart.Plot(
            "Distance to the erf form",
            Axis.linear("x"),
            Axis.linear("difference"),
            List.of(curve("tanh form", x -> tanhForm(x) - erfForm(x)))));
  }

  private static Series curve(String name, DoubleUnaryOperator f) {
    return Series.curve(name, -4, 4, f);
  }

  private static double largestDistance(DoubleUnaryOperator form) {
    double largest = 0;
    for (int i = -HALF; i <= HALF; i++) {
      double x = i * STEP;
      largest = Math.max(largest, Math.abs(form.applyAsDouble(x) - erfForm(x)));
    }
    return largest;
  }

  private static double erfForm(double x) {
    return ActivationFormula.GELU_ERF.value(x, 0);
  }

  private static double tanhForm(double x) {
    return ActivationFormula.GELU_TANH.value(x, 0);
  }

  private static double tanhForm(double x, double cubic) {
    return 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + cubic * x * x * x)));
  }

  private static double quick(double x) {
    return x / (1 + Math.exp(-1.702 * x));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double x = d.between(4, 20) / 10.0;
              return Calculation.of("What is GELU(%s)?".formatted(x), erfForm(x), Closeness.NEAR)
                  .slip(x, "that is ReLU")
                  .slip(x / (1 + Math.exp(-x)), "that is SiLU, x σ(x)")
                  .slip(erfForm(x) / x, "that is Φ(x), without the x in front");
            }));
  }
}
