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
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.List;
import java.util.stream.IntStream;

/** With ReLU, variance 2/n keeps a signal's size; less lets it die, more lets it grow. */
public final class ReluInit implements Lab {
  private static final Question QUESTION =
      Question.number(51, "init-relu-best", Topic.QUICK_FIRE)
          .asks("Which initialisation for ReLU?")
          .formula(
              "Var(w) = g²/n: E[h²] changes by (g²/2)ᴸ; g² = 2",
              "\\operatorname{Var}(w) = \\frac{g^2}{n}:\\qquad \\mathbb{E}[h_L^2] ="
                  + " \\left(\\tfrac{g^2}{2}\\right)^L \\mathbb{E}[h_0^2]")
          .answer("He's: standard deviation √(2/n), n being the number of inputs.")
          .experiment(
              "50 layers of width 128 with gains g² from 1 to 3; the gain at which the mean square"
                  + " neither grows nor shrinks, over six networks.")
          .points("standard deviation √(2/n_in)", "ReLU halves the mean square, the 2 makes up")
          .expects(Verdict.CONFIRMED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 128;
  private static final int BATCH = 8;
  private static final int NETWORKS = 6;
  private static final double[] SQUARES = {1, 1.5, 2, 2.5, 3};

  /** Standard normal numbers, for weights of any gain, and where the input is drawn from. */
  private record Network(Draws input, List<double[]> layers) {
    static Network draw(Draws draws) {
      return new Network(
          draws.child("input"),
          IntStream.range(0, DEPTH).mapToObj(i -> draws.normals(WIDTH * WIDTH, 1)).toList());
    }

    double growth(ActivationFormula activation, double square) {
      double deviation = Math.sqrt(square / WIDTH);
      return Signal.through(
              input,
              (draws, index) ->
                  h -> {
                    Variable weight = h.tape().constant(layers.get(index), WIDTH, WIDTH);
                    Variable z = LinearFormula.linear(h, weight, null);
                    return activation.apply(Primitives.scale(z, deviation));
                  },
              DEPTH,
              WIDTH,
              BATCH)
          .growth();
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Network> networks = trial.repeats(NETWORKS).stream().map(Network::draw).toList();
    double[] growths = new double[SQUARES.length];
    for (int i = 0; i < SQUARES.length; i++) {
      Spread growth = growth(networks, ActivationFormula.RELU, SQUARES[i]);
      findings.number("decades of growth at g² = " + SQUARES[i], growth);
      growths[i] = growth.median();
    }
    // ReLU commutes with positive factors, so that the growth is a straight line in log g².
    double crossing = 2 * Math.pow(10, -growths[2] / DEPTH);
    findings.number("gain g² that keeps the mean square", crossing);
    Criterion level = Criterion.between("decades the mean square changes by in 50 layers", -2, 2);
    findings.shows(level, "g² = 2", growths[2]);
    findings.control(level, "g² = 1.5", growths[1]);
    findings.control(level, "g² = 2.5", growths[3]);
    Criterion two = Criterion.between("gain g² that keeps the mean square", 1.8, 2.25);
    findings.shows(two, "ReLU", crossing);
    double linear = growth(networks, ActivationFormula.NONE, 1).median();
    findings.control(two, "no activation", Math.pow(10, -linear / DEPTH));
    findings.note(
        "At finite width the typical network shrinks a little even at 2, by about 1/n a layer in"
            + " the logarithm, so that the crossing lies slightly above 2.");
    findings.picture(
        new Chart.Plot(
            "Mean square after 50 layers",
            Axis.linear("g²"),
            Axis.linear("decades of growth"),
            List.of(
                Figures.line("median of six networks", SQUARES, growths),
                Figures.level("unchanged", 1, 3, 0))));
    return findings;
  }

  private static Spread growth(
      List<Network> networks, ActivationFormula activation, double square) {
    return Spread.over(networks, n -> n.growth(activation, square));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int in = d.between(4, 60) * 8;
              int out = d.between(4, 60) * 8;
              return Calculation.of(
                      "ReLU, %d inputs and %d outputs: He's standard deviation?".formatted(in, out),
                      Math.sqrt(2.0 / in),
                      Closeness.NEAR)
                  .slip(2.0 / in, "that is the variance")
                  .slip(Math.sqrt(1.0 / in), "that is LeCun's; ReLU halves the mean square")
                  .slip(Math.sqrt(2.0 / (in + out)), "that is Glorot's")
                  .slip(Math.sqrt(2.0 / out), "that counts the outputs");
            }));
  }
}
