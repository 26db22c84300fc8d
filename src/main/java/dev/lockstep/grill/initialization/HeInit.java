package dev.lockstep.grill.initialization;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import java.util.ArrayList;
import java.util.List;

/** ReLU halves the second moment, not the variance, and He's factor 2 makes up for that. */
public final class HeInit implements Lab {
  private static final Question QUESTION =
      Question.number(26, "he-init", Topic.INITIALIZATION)
          .asks("Why does the He initialisation have variance 2/n?")
          .formula(
              "z ~ N(0, s²): E[relu(z)²] = s²/2, Var(relu(z)) = s² (1/2 − 1/(2π)) = 0.341 s²",
              "\\mathbb{E}[\\operatorname{relu}(z)^2] = \\frac{s^2}{2},\\quad"
                  + " \\operatorname{Var}(\\operatorname{relu}(z))"
                  + " = s^2\\Big(\\frac12 - \\frac1{2\\pi}\\Big)")
          .answer("ReLU halves the variance of its input; twice 1/n makes up for it.")
          .but(
              "It halves the second moment. The variance falls to 0.341, for the output has a mean;"
                  + " weights that made up for that would explode.")
          .experiment(
              "Both moments of 400,000 normal numbers after ReLU; 50 layers of 128 with variances"
                  + " 1/n, 2/n and 2.93/n.")
          .points(
              "what the next layer passes on is E[h²], not Var(h)",
              "ReLU halves E[z²] of a symmetric z",
              "so Var(w) = 2/n keeps the mean square; leaky ReLU: 2/((1 + a²) n)")
          .expects(Verdict.REFUTED);

  private static final int NUMBERS = 400_000;
  private static final int DEPTH = 50;
  private static final int WIDTH = 128;
  private static final int BATCH = 8;
  private static final int REPEATS = 3;

  /** Var(relu(z)) of a standard normal z. */
  private static final double VARIANCE = 0.5 - 1 / (2 * Math.PI);

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    moments(findings, trial.draws().child("moments"));
    Spread he = chain(findings, trial, "2/n", 2);
    Spread lecun = chain(findings, trial, "1/n", 1);
    Spread compensated = chain(findings, trial, "2.93/n", 1 / VARIANCE);
    Criterion keeps = Criterion.below("|log₁₀ E[h²] behind 50 layers / in front|", 1.5);
    findings.shows(keeps, "variance 2/n", Math.abs(he.median()));
    findings.control(keeps, "variance 1/n", Math.abs(lecun.median()));
    findings.control(keeps, "variance 2.93/n", Math.abs(compensated.median()));
    Criterion explodes = Criterion.above("log₁₀ E[h²] behind 50 layers / in front", 5);
    findings.refutes(explodes, "variance 2.93/n", compensated.median());
    findings.control(explodes, "variance 2/n", he.median());
    List<Series> curves = new ArrayList<>();
    curves.add(curve(trial, "1/n", 1));
    curves.add(curve(trial, "2/n", 2));
    curves.add(curve(trial, "2.93/n", 1 / VARIANCE));
    findings.picture(
        new Chart.Plot("ReLU layers", Axis.linear("layer"), Axis.log("mean of h²"), curves));
    return findings;
  }

  private static void moments(Findings findings, Draws draws) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < NUMBERS; i++) {
      double h = Math.max(draws.normal(), 0);
      sum += h;
      squares += h * h;
    }
    double mean = sum / NUMBERS;
    double second = squares / NUMBERS;
    double variance = second - mean * mean;
    findings.number("E[relu(z)²]", second);
    findings.number("Var(relu(z))", variance);
    Criterion half = Criterion.between("what ReLU leaves", 0.49, 0.51);
    findings.shows(half, "of the second moment", second);
    findings.control(half, "of the variance", variance);
    Criterion third = Criterion.between("what ReLU leaves", 0.33, 0.35);
    findings.refutes(third, "of the variance", variance);
    findings.control(third, "of the second moment", second);
  }

  private static Spread chain(Findings findings, Trial trial, String name, double factor) {
    Spread growth = Spread.over(trial.repeats(REPEATS), draws -> signal(draws, factor).growth());
    findings.number("variance %s: log₁₀ E[h²₅₀]/E[h²₀]".formatted(name), growth);
    return growth;
  }

  private static Series curve(Trial trial, String name, double factor) {
    return Series.steps(name, signal(trial.draws(), factor).meanSquares());
  }

  private static Signal signal(Draws draws, double factor) {
    return Signal.through(
        draws, Init.gain(Math.sqrt(factor)), ActivationFormula.RELU, DEPTH, WIDTH, BATCH);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double s = d.between(1, 9);
              return Calculation.of(
                      "z is normal with mean 0 and deviation %.0f: what is the variance of relu(z)?"
                          .formatted(s),
                      s * s * VARIANCE,
                      Closeness.NEAR)
                  .slip(s * s / 2, "that is the second moment; the output has a mean")
                  .slip(s * s / 4, "halves twice")
                  .slip(s * s * 2 * VARIANCE, "doubles it, as weights of variance 2/n do next");
            }),
        new Derivation(
            "Leaky ReLU with slope a below zero, width n: which Var(w) keeps the mean square?",
            "2/((1+a^2)*n)",
            List.of(Input.positive("a"), Input.count("n")),
            drawn -> {
              double a = drawn.number("a");
              double left = 0.5 + 0.5 * a * a;
              return Matrix.of(1 / (left * drawn.number("n")));
            }),
        new Prediction(
            "50 ReLU layers of 128 with Var(w) = 2.93/n, which makes up for the variance ReLU"
                + " takes. By which factor does E[h²] change?",
            List.of("less than 1e-3", "1e-3 to 1e3", "1e3 to 1e12", "more than 1e12"),
            findings -> {
              double decades = findings.number("variance 2.93/n: log₁₀ E[h²₅₀]/E[h²₀]").median();
              return decades < -3 ? 0 : decades < 3 ? 1 : decades < 12 ? 2 : 3;
            }));
  }
}
