package dev.lockstep.grill.quickfire;

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
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import java.util.List;
import java.util.stream.IntStream;

/** How many sigmoid layers it takes for a gradient to lose six decades. */
public final class SigmoidDepth implements Lab {
  private static final Question QUESTION =
      Question.number(56, "sigmoid-vanish-depth", Topic.QUICK_FIRE)
          .asks("After how many sigmoid layers is the gradient below a millionth?")
          .formula(
              "σ′ ≤ 1/4: 4⁻¹⁰ ≈ 10⁻⁶; E σ′(z) ≈ 0.207 for z ~ N(0, 1)",
              "\\sigma' \\le \\tfrac14:\\quad 4^{-10} \\approx 10^{-6};\\qquad"
                  + " \\mathbb{E}\\,\\sigma'(z) \\approx 0.207 \\text{ for } z \\sim"
                  + " \\mathcal{N}(0, 1)")
          .answer("About ten: the slope is at most a quarter, and 4¹⁰ is a million.")
          .but(
              "A quarter is the bound. For standard normal inputs the mean slope is 0.207, and what"
                  + " a layer does depends on its weights as well.")
          .experiment(
              "50 layers of width 64 with Glorot's initialisation, back from the output until the"
                  + " gradient's norm is below 1e-6 of what it was; tanh beside it.")
          .points("about ten", "the slope is at most 1/4", "typically it is smaller, about 0.21")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 64;
  private static final int BATCH = 8;
  private static final int REPEATS = 3;
  private static final int SAMPLES = 20_000;
  private static final double LOST = 1e-6;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<double[]> sigmoid = decades(trial, ActivationFormula.SIGMOID);
    List<double[]> tanh = decades(trial, ActivationFormula.TANH);
    Criterion ten = Criterion.between("layers until the gradient is below a millionth", 9, 11);
    Spread layers = layers(sigmoid);
    Spread other = layers(tanh);
    findings.number("layers until below a millionth, sigmoid", layers);
    findings.number("decades in 50 layers, sigmoid", ends(sigmoid));
    findings.number("decades in 50 layers, tanh", ends(tanh));
    findings.shows(ten, "sigmoid", layers.median());
    findings.control(ten, "tanh (51 for never)", other.median());

    Draws draws = trial.draws();
    double normal =
        IntStream.range(0, SAMPLES)
            .mapToDouble(i -> ActivationFormula.SIGMOID.derivative(draws.normal(), 0))
            .average()
            .orElseThrow();
    double quarter = ActivationFormula.SIGMOID.derivative(0, 0);
    findings.number("mean slope for standard normal inputs", normal);
    findings.number("slope at 0", quarter);
    Criterion typical = Criterion.between("slope of the sigmoid", 0.2, 0.215);
    findings.corrects(typical, "mean for standard normal inputs", normal);
    findings.control(typical, "at 0, the largest", quarter);
    findings.picture(
        new Chart.Plot(
            "Gradient on its way back",
            Axis.linear("layers passed"),
            Axis.linear("decades"),
            List.of(
                Series.steps("sigmoid", sigmoid.getFirst()),
                Series.steps("tanh", tanh.getFirst()),
                Figures.level("a millionth", 0, DEPTH, -6))));
    return findings;
  }

  /** log₁₀ of the gradient's norm after 0, 1, … layers on its way back, over what it began with. */
  private static List<double[]> decades(Trial trial, ActivationFormula activation) {
    return trial.repeats(REPEATS).stream()
        .map(
            draws -> {
              double[] norms =
                  Signal.through(draws, Init.xavier(), activation, DEPTH, WIDTH, BATCH)
                      .gradientNorms(draws);
              return IntStream.rangeClosed(0, DEPTH)
                  .mapToDouble(i -> Math.log10(norms[DEPTH - i] / norms[DEPTH]))
                  .toArray();
            })
        .toList();
  }

  private static Spread layers(List<double[]> decades) {
    return new Spread(
        decades.stream()
            .map(
                all ->
                    (double)
                        IntStream.rangeClosed(0, DEPTH)
                            .filter(i -> all[i] < Math.log10(LOST))
                            .findFirst()
                            .orElse(DEPTH + 1))
            .toList());
  }

  private static Spread ends(List<double[]> decades) {
    return Spread.over(decades, all -> all[DEPTH]);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int decades = d.between(4, 12);
              double factor = d.between(10, 22) / 100.0;
              double perLayer = -Math.log10(factor);
              return Calculation.of(
                      ("Each layer leaves %s of the gradient. How many layers until it is below"
                              + " 1e-%d?")
                          .formatted(factor, decades),
                      Math.ceil(decades / perLayer),
                      Closeness.EXACT)
                  .slip(Math.ceil(decades / Math.log10(4)), "that is with a quarter, the bound")
                  .slip(decades, "a layer costs less than a decade")
                  .slip(Math.ceil(decades / (1 - factor)), "factors multiply, they do not add up");
            }));
  }
}
