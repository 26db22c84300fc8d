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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Erf;
import java.util.Arrays;
import java.util.List;

/** Why ReLU became the default, and what it takes. */
public final class ReluDefault implements Lab {
  private static final Question QUESTION =
      Question.number(7, "relu-default", Topic.ACTIVATIONS)
          .asks("Why is ReLU the default activation?")
          .formula(
              "relu′(z) = 1 for z > 0, else 0; symmetric z: P(h = 0) = 1/2",
              "\\operatorname{relu}'(z) = \\mathbb{1}[z > 0],\\quad"
                  + " P(h = 0) = \\tfrac12 \\text{ for symmetric } z")
          .answer(
              "It is cheap, does not saturate above zero, which solved vanishing gradients, and"
                  + " about half of its outputs are zero.")
          .but(
              "Half holds at initialisation with zero biases, averaged over layers; single layers"
                  + " stray. And vanishing is solved with He's variance only: with 1/n the gradient"
                  + " loses a factor √2 per layer.")
          .experiment(
              "30 layers of 64, batch 64: the share of zeros in each, and what is left of the"
                  + " gradient, for ReLU with two variances and for sigmoid.")
          .points(
              "slope 1 above zero: no saturation there",
              "cheap, and about half the outputs are exactly zero",
              "needs weights of variance 2/n, or the gradient vanishes nevertheless")
          .kernels("linear_relu_19x40_to_24")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 30;
  private static final int WIDTH = 64;
  private static final int BATCH = 64;
  private static final int REPEATS = 5;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    zeros(findings, trial);
    Spread he = decades(trial, Init.he(), ActivationFormula.RELU);
    Spread lecun = decades(trial, Init.lecun(), ActivationFormula.RELU);
    Spread sigmoid = decades(trial, Init.xavier(), ActivationFormula.SIGMOID);
    findings.number("ReLU, 2/n: log₁₀ |∂L/∂h₀|/|∂L/∂h₃₀|", he);
    findings.number("ReLU, 1/n: log₁₀ |∂L/∂h₀|/|∂L/∂h₃₀|", lecun);
    findings.number("sigmoid, Xavier: log₁₀ |∂L/∂h₀|/|∂L/∂h₃₀|", sigmoid);
    Criterion kept = Criterion.between("log₁₀ |∂L/∂h₀|/|∂L/∂h₃₀|", -1, 1);
    findings.shows(kept, "ReLU, variance 2/n", he.median());
    findings.control(kept, "ReLU, variance 1/n", lecun.median());
    findings.control(kept, "sigmoid, Xavier", sigmoid.median());
    Criterion vanished = Criterion.below("log₁₀ |∂L/∂h₀|/|∂L/∂h₃₀|", -3);
    findings.corrects(vanished, "ReLU, variance 1/n", lecun.median());
    findings.control(vanished, "ReLU, variance 2/n", he.median());
    findings.note(
        "Gradients of weights would not show it: ∂L/∂W = δ hᵀ, and what δ loses towards the input"
            + " h loses towards the output.");
    findings.picture(
        new Chart.Plot(
            "The gradient on its way back through 30 layers",
            Axis.linear("layer"),
            Axis.log("|∂L/∂h|"),
            List.of(
                curve(trial, "ReLU, 2/n", Init.he(), ActivationFormula.RELU),
                curve(trial, "ReLU, 1/n", Init.lecun(), ActivationFormula.RELU),
                curve(trial, "sigmoid, Xavier", Init.xavier(), ActivationFormula.SIGMOID))));
    return findings;
  }

  private static void zeros(Findings findings, Trial trial) {
    List<double[]> shares =
        trial.repeats(REPEATS).stream()
            .map(d -> zeroShares(signal(d, Init.he(), ActivationFormula.RELU)))
            .toList();
    Spread mean = Spread.over(shares, all -> Arrays.stream(all).average().orElseThrow());
    Spread least = Spread.over(shares, all -> Arrays.stream(all).min().orElseThrow());
    Spread most = Spread.over(shares, all -> Arrays.stream(all).max().orElseThrow());
    findings.number("share of zeros, mean over layers", mean);
    findings.number("share of zeros, smallest of a layer", least);
    findings.number("share of zeros, largest of a layer", most);
    Criterion half = Criterion.between("share of zeros, mean over layers", 0.45, 0.55);
    findings.shows(half, "ReLU", mean.median());
    findings.control(
        half,
        "tanh",
        Arrays.stream(zeroShares(signal(trial.draws(), Init.he(), ActivationFormula.TANH)))
            .average()
            .orElseThrow());
    Criterion strays = Criterion.above("distance of the share of zeros from 1/2", 0.06);
    findings.corrects(
        strays, "the farthest of 30 layers", Math.max(0.5 - least.median(), most.median() - 0.5));
    findings.control(strays, "mean over layers", Math.abs(mean.median() - 0.5));
  }

  private static double[] zeroShares(Signal signal) {
    return signal.passed().stream()
        .skip(1)
        .mapToDouble(
            h -> Arrays.stream(h.values()).filter(v -> v == 0).count() / (double) h.count())
        .toArray();
  }

  private static Spread decades(Trial trial, Init init, ActivationFormula activation) {
    return Spread.over(trial.repeats(REPEATS), d -> signal(d, init, activation).gradientGrowth(d));
  }

  private static Series curve(Trial trial, String name, Init init, ActivationFormula activation) {
    Draws draws = trial.draws();
    return Series.steps(name, signal(draws, init, activation).gradientNorms(draws));
  }

  private static Signal signal(Draws draws, Init init, ActivationFormula activation) {
    return Signal.through(draws, init, activation, DEPTH, WIDTH, BATCH);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double mean = d.between(2, 15) / 10.0;
              double deviation = d.between(5, 20) / 10.0;
              double below = Erf.erfc(mean / deviation / Math.sqrt(2)) / 2;
              return Calculation.of(
                      ("z is normal with mean %s and deviation %s: which share of relu(z) is zero?")
                          .formatted(mean, deviation),
                      below,
                      Closeness.NEAR)
                  .slip(0.5, "half only where the mean is 0")
                  .slip(1 - below, "that is the share that passes")
                  .slip(0.25, "a quarter is the largest slope of the sigmoid");
            }));
  }
}
