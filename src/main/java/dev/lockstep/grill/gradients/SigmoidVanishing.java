package dev.lockstep.grill.gradients;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Numeral;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
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
import java.util.Arrays;
import java.util.List;

/** How fast gradients shrink through sigmoid layers, and what the weights do to that. */
public final class SigmoidVanishing implements Lab {
  private static final Question QUESTION =
      Question.number(30, "sigmoid-vanishing", Topic.GRADIENTS)
          .asks("Why do gradients vanish in deep sigmoid networks?")
          .formula(
              "|∂L/∂h₀| ≤ ∏ ‖Wₗ‖ max σ′ · |∂L/∂h_L| ≤ (‖W‖ / 4)ᴸ |∂L/∂h_L|",
              "\\left\\lVert \\frac{\\partial L}{\\partial h_0} \\right\\rVert \\le"
                  + " \\left(\\frac{\\lVert W \\rVert}{4}\\right)^{L} \\left\\lVert"
                  + " \\frac{\\partial L}{\\partial h_L} \\right\\rVert")
          .answer(
              "The derivative of the sigmoid is at most 1/4, so L layers shrink the gradient by"
                  + " (1/4)ᴸ or more.")
          .but(
              "That leaves the weights out: every layer multiplies by them as well, and larger ones"
                  + " make up for much of the quarter until units saturate.")
          .experiment(
              "24 layers of width 64, weights of gain 1, 2, 4 and 6: powers of ten lost in each"
                  + " layer; tanh beside it; and a chain of 12 single units.")
          .points(
              "σ′ is at most 1/4, at 0",
              "the chain rule multiplies one such factor per layer",
              "the weights multiply, too: the bound is (‖W‖/4)ᴸ")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 24;
  private static final int WIDTH = 64;
  private static final int BATCH = 16;
  private static final int CHAIN = 12;
  private static final double[] GAINS = {1, 2, 4, 6};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(3);
    Criterion quarter = Criterion.between("powers of ten in a layer", -0.68, -0.57);
    Criterion slower = Criterion.above("powers of ten in a layer", -0.25);
    List<Series> curves = new ArrayList<>();
    for (double gain : GAINS) {
      Spread each =
          Spread.over(repeats, d -> eachLayer(through(d, gain, ActivationFormula.SIGMOID), d));
      findings.number("powers of ten in a layer, gain " + Numeral.text(gain), each);
      curves.add(curve("gain " + Numeral.text(gain), repeats.getFirst(), gain));
      if (gain == 1) {
        findings.shows(quarter, "sigmoid, gain 1", each.median());
        findings.control(slower, "sigmoid, gain 1", each.median());
      } else if (gain == 6) {
        findings.control(quarter, "sigmoid, gain 6", each.median());
        findings.corrects(slower, "sigmoid, gain 6", each.median());
      }
    }
    Spread tanh = Spread.over(repeats, d -> eachLayer(through(d, 1, ActivationFormula.TANH), d));
    findings.number("powers of ten in a layer, tanh", tanh);
    findings.control(quarter, "tanh", tanh.median());

    Criterion bounded =
        Criterion.below("log₁₀ of the factor of 12 single units", CHAIN * Math.log10(0.25));
    Spread single = Spread.over(repeats, d -> chain(d.child("chain"), 1));
    Spread heavy = Spread.over(repeats, d -> chain(d.child("chain"), 4));
    findings.number("log₁₀ of the factor of 12 single units, w = 1", single);
    findings.number("log₁₀ of the factor of 12 single units, |w| = 4", heavy);
    findings.shows(bounded, "w = 1", single.median());
    findings.control(bounded, "|w| = 4", heavy.median());
    curves.add(
        new Series(
            "a quarter in each",
            Series.Style.BOUND,
            List.of(Series.Point.of(0, Math.pow(0.25, DEPTH)), Series.Point.of(DEPTH, 1))));
    findings.picture(
        new Chart.Plot(
            "Gradients on their way back",
            Axis.linear("layer"),
            Axis.log("gradient against the last layer's"),
            curves));
    return findings;
  }

  private static Signal through(Draws draws, double gain, ActivationFormula activation) {
    return Signal.through(draws.child("layers"), Init.gain(gain), activation, DEPTH, WIDTH, BATCH);
  }

  private static double eachLayer(Signal signal, Draws draws) {
    return signal.gradientGrowth(draws.child("upstream")) / DEPTH;
  }

  private static Series curve(String name, Draws draws, double gain) {
    double[] norms =
        through(draws, gain, ActivationFormula.SIGMOID).gradientNorms(draws.child("upstream"));
    double last = norms[DEPTH];
    Arrays.setAll(norms, l -> norms[l] / last);
    return Series.steps(name, norms);
  }

  /** log₁₀ |∂h₁₂/∂h₀| for h ← σ(±w (h − 1/2)). */
  private static double chain(Draws draws, double weight) {
    double h = draws.normal();
    double log = 0;
    for (int l = 0; l < CHAIN; l++) {
      double w = draws.chance(0.5) ? weight : -weight;
      double z = w * (h - 0.5);
      h = ActivationFormula.SIGMOID.value(z, 0);
      log += Math.log10(Math.abs(w) * ActivationFormula.SIGMOID.derivative(z, 0));
    }
    return log;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int layers = d.between(5, 15);
              double w = d.between(1, 3);
              return Calculation.of(
                      "%d sigmoid layers of one unit, |w| = %.0f: the largest factor for a gradient?"
                          .formatted(layers, w),
                      Math.pow(w / 4, layers),
                      Closeness.DECADES)
                  .slip(Math.pow(w / 2, layers), "σ itself is 1/2 at 0, its derivative 1/4")
                  .slip(w / 4 / layers, "factors multiply from layer to layer")
                  .slip(w / 4, "that is one layer");
            }));
  }
}
