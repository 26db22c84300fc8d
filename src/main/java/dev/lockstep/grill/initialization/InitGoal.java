package dev.lockstep.grill.initialization;

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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What initialisation is for: that the signal keeps its size from layer to layer. */
public final class InitGoal implements Lab {
  private static final Question QUESTION =
      Question.number(24, "init-goal", Topic.INITIALIZATION)
          .asks("What should the initialisation of weights achieve?")
          .formula(
              "E[z²] = n_in Var(w) E[x²], and E[h²] = E[z²]/2 after ReLU",
              "\\mathbb{E}[z^2] = n_{\\text{in}} \\operatorname{Var}(w)\\, \\mathbb{E}[x^2],\\quad"
                  + " \\mathbb{E}[\\operatorname{relu}(z)^2] = \\tfrac12 \\mathbb{E}[z^2]")
          .answer(
              "Different weights for different units, and a signal and a gradient that keep their"
                  + " size through the layers instead of growing or shrinking by a factor in each.")
          .but(
              "It holds for the mean over networks: a single one still drifts, the more the deeper"
                  + " and the narrower it is.")
          .experiment(
              "The mean square of activations through 50 layers of 128, for seven ways to draw"
                  + " weights.")
          .points(
              "break the symmetry between units",
              "keep the mean square of activations and gradients about equal from layer to layer",
              "the factor per layer is n times the weights' variance times what the activation"
                  + " leaves, to the power of depth")
          .expects(Verdict.CONFIRMED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 128;
  private static final int BATCH = 8;
  private static final int NARROW = 32;
  private static final int REPEATS = 3;

  private static final Map<String, Init> RELU_ARMS = new LinkedHashMap<>();

  static {
    RELU_ARMS.put("He", Init.he());
    RELU_ARMS.put("Xavier", Init.xavier());
    RELU_ARMS.put("uniform in ±1/√n", Init.pytorch());
    RELU_ARMS.put("deviation 0.02", Init.normal(0.02));
    RELU_ARMS.put("deviation 1", Init.normal(1));
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion keeps = Criterion.below("|log₁₀ E[h²] behind 50 layers / in front|", 1.5);
    List<Series> curves = new ArrayList<>();
    for (var arm : RELU_ARMS.entrySet()) {
      Spread decades = growth(trial, arm.getValue(), ActivationFormula.RELU);
      findings.number("ReLU, %s: log₁₀ E[h²₅₀]/E[h²₀]".formatted(arm.getKey()), decades);
      double size = Math.abs(decades.median());
      if (arm.getKey().equals("He")) {
        findings.shows(keeps, "ReLU, He", size);
      } else {
        findings.control(keeps, "ReLU, " + arm.getKey(), size);
      }
      Signal signal = signal(trial.draws(), arm.getValue(), ActivationFormula.RELU, WIDTH);
      curves.add(Series.steps(arm.getKey(), signal.meanSquares()));
    }
    Criterion shrinks = Criterion.below("log₁₀ E[h²] behind 50 layers / in front", -13);
    Criterion grows = Criterion.above("log₁₀ E[h²] behind 50 layers / in front", 80);
    double he = findings.number("ReLU, He: log₁₀ E[h²₅₀]/E[h²₀]").median();
    double xavier = findings.number("ReLU, Xavier: log₁₀ E[h²₅₀]/E[h²₀]").median();
    double large = findings.number("ReLU, deviation 1: log₁₀ E[h²₅₀]/E[h²₀]").median();
    findings.shows(shrinks, "ReLU, Xavier", xavier);
    findings.control(shrinks, "ReLU, He", he);
    findings.shows(grows, "ReLU, deviation 1", large);
    findings.control(grows, "ReLU, He", he);
    findings.number(
        "tanh, Xavier: log₁₀ E[h²₅₀]/E[h²₀]", growth(trial, Init.xavier(), ActivationFormula.TANH));
    findings.number(
        "tanh, He: log₁₀ E[h²₅₀]/E[h²₀]", growth(trial, Init.he(), ActivationFormula.TANH));
    findings.number(
        "ReLU, He, width 32: log₁₀ E[h²₅₀]/E[h²₀]",
        Spread.over(
            trial.repeats(REPEATS),
            d -> signal(d, Init.he(), ActivationFormula.RELU, NARROW).growth()));
    findings.note(
        "One network drifts even where the mean over networks does not: compare the spreads of"
            + " widths 32 and 128.");
    findings.picture(
        new Chart.Plot("ReLU layers", Axis.linear("layer"), Axis.log("mean of h²"), curves));
    return findings;
  }

  private static Spread growth(Trial trial, Init init, ActivationFormula activation) {
    return Spread.over(trial.repeats(REPEATS), d -> signal(d, init, activation, WIDTH).growth());
  }

  private static Signal signal(Draws draws, Init init, ActivationFormula activation, int width) {
    return Signal.through(draws, init, activation, DEPTH, width, BATCH);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int layers = d.between(5, 30);
              double gain = d.oneOf(List.of(0.5, 1.0, 3.0, 4.0));
              return Calculation.of(
                      ("%d ReLU layers, Var(w) = %s/n, no biases: by which factor does E[h²]"
                              + " change?")
                          .formatted(layers, gain),
                      Math.pow(gain / 2, layers),
                      Closeness.DECADES)
                  .slip(Math.pow(gain, layers), "forgets that ReLU halves the mean square")
                  .slip(Math.pow(gain / 2, layers / 2.0), "that is the factor of the deviation")
                  .slip(Math.pow(gain / 4, layers), "1/4 is the bound of the sigmoid's slope");
            }));
  }
}
