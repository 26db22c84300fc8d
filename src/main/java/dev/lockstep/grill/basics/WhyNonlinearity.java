package dev.lockstep.grill.basics;

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
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Layers without an activation between them are one layer. */
public final class WhyNonlinearity implements Lab {
  private static final Question QUESTION =
      Question.number(2, "why-nonlinearity", Topic.BASICS)
          .asks("Why does a network need a nonlinearity between its layers?")
          .formula(
              "W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂)",
              "W_2(W_1 x + b_1) + b_2 = (W_2 W_1)x + (W_2 b_1 + b_2)")
          .answer(
              "Without one, any number of layers is one affine map, of a rank no larger than the"
                  + " narrowest layer: XOR, for example, stays out of reach.")
          .but(
              "The functions do not become more, but how they are learnt does change: deep linear"
                  + " networks have saddles and prefer low rank.")
          .experiment(
              "Five linear layers folded into one; XOR with 2-8-8-1 and Adam, 600 steps, with and"
                  + " without tanh.")
          .points(
              "a chain of affine maps is one affine map",
              "its rank is at most the narrowest width",
              "so the network cannot represent more than a linear model")
          .expects(Verdict.CONFIRMED);

  private static final int WIDTH = 6;
  private static final int LAYERS = 5;
  private static final int STEPS = 600;
  private static final double[] CORNERS = {0, 0, 0, 1, 1, 0, 1, 1};
  private static final double[] XOR = {0, 1, 1, 0};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion folds = Criterion.below("distance to the best affine map", 1e-12);
    double linear = distanceToAffine(trial.draws(), ActivationFormula.NONE);
    double bent = distanceToAffine(trial.draws(), ActivationFormula.TANH);
    findings.number("five linear layers, distance to one", linear);
    findings.shows(folds, "linear", linear);
    findings.control(folds, "tanh", bent);

    Criterion stuck = Criterion.between("squared error on XOR", 0.249, 0.251);
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    List<Series> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(3)) {
      without.add(learn(draws, ActivationFormula.NONE, curves));
      with.add(learn(draws, ActivationFormula.TANH, curves));
    }
    findings.number("XOR, linear layers", new Spread(without));
    findings.number("XOR, tanh between", new Spread(with));
    for (double error : without) {
      findings.shows(stuck, "linear", error);
    }
    findings.control(stuck, "tanh", new Spread(with).median());
    Criterion learnt = Criterion.below("squared error on XOR", 1e-3);
    findings.shows(learnt, "tanh", new Spread(with).median());
    findings.control(learnt, "linear", new Spread(without).median());
    findings.picture(
        new Chart.Plot(
            "Learning XOR", Axis.linear("step"), Axis.log("squared error"), curves.subList(0, 2)));
    return findings;
  }

  /**
   * The largest difference between a network and the affine map that agrees with it at 0 and at the
   * unit vectors.
   */
  private static double distanceToAffine(Draws draws, ActivationFormula activation) {
    int[] widths = new int[LAYERS + 1];
    Arrays.fill(widths, WIDTH);
    Mlp network = Mlp.draw(draws, Init.lecun(), activation, widths);
    double[] probes = new double[(WIDTH + 1) * WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      probes[(i + 1) * WIDTH + i] = 1;
    }
    double[] at = outputs(network, probes);
    double[] x = draws.normals(WIDTH, 1);
    double[] y = outputs(network, x);
    double worst = 0;
    for (int o = 0; o < WIDTH; o++) {
      double affine = at[o];
      for (int i = 0; i < WIDTH; i++) {
        affine += x[i] * (at[(i + 1) * WIDTH + o] - at[o]);
      }
      worst = Math.max(worst, Math.abs(affine - y[o]));
    }
    return worst;
  }

  private static double[] outputs(Mlp network, double[] inputs) {
    return network.apply(new Tape().constant(inputs, inputs.length / WIDTH, WIDTH)).values();
  }

  private static double learn(Draws draws, ActivationFormula activation, List<Series> curves) {
    Mlp network = Mlp.draw(draws, Init.xavier(), activation, 2, 8, 8, 1);
    double[] losses =
        Training.run(
            Descent.adam(0.02),
            network.leaves(),
            STEPS,
            (tape, step) ->
                Primitives.mean(
                    SquaredErrorFormula.elements(
                        network.apply(tape.constant(CORNERS, 4, 2)), tape.constant(XOR, 4, 1))));
    curves.add(Series.steps(activation == ActivationFormula.NONE ? "linear" : "tanh", losses));
    return losses[STEPS - 1];
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int wide = d.between(8, 20);
              int narrow = d.between(2, wide - 3);
              return Calculation.of(
                      "Linear layers %d → %d → %d → %d, no activation: largest rank of the whole map?"
                          .formatted(wide, narrow, wide, wide),
                      narrow,
                      Closeness.EXACT)
                  .slip(wide, "overlooks the bottleneck")
                  .slip(narrow + 2 * wide, "adds the widths")
                  .slip(wide * narrow, "multiplies the widths");
            }));
  }
}
