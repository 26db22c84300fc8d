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
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Which gain suits tanh: none exactly. */
public final class TanhInit implements Lab {
  private static final Question QUESTION =
      Question.number(52, "init-tanh-best", Topic.QUICK_FIRE)
          .asks("Which initialisation for tanh?")
          .formula(
              "LeCun: Var(w) = 1/n_in; Glorot: Var(w) = 2/(n_in + n_out)",
              "\\text{LeCun: } \\operatorname{Var}(w) = \\frac{1}{n_{\\text{in}}},\\qquad"
                  + " \\text{Glorot: } \\operatorname{Var}(w) ="
                  + " \\frac{2}{n_{\\text{in}} + n_{\\text{out}}}")
          .answer("LeCun's or Glorot's, standard deviation about 1/√n: tanh has slope 1 at 0.")
          .but(
              "There is no sharp best. At gain 1 the signal decays slowly; at 5/3 it holds and"
                  + " gradients grow. A scaled tanh, 1.7159 tanh(2z/3), keeps both nearly level.")
          .experiment(
              "50 layers of width 64: mean square after all, and the gradient's way back, for gains"
                  + " of 0.5, 1, 5/3 and 2.5 and the scaled tanh.")
          .points(
              "variance 1/n_in or 2/(n_in + n_out)",
              "gain 1 lets the signal decay slowly",
              "5/3 holds it, and lets gradients grow")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 64;
  private static final int BATCH = 8;
  private static final int REPEATS = 5;
  private static final double[] GAINS = {0.5, 1, 5.0 / 3, 2.5};

  /** Median mean square after all layers, and median decades of the gradient on its way back. */
  private record Ends(Spread meanSquare, Spread gradient) {
    static Ends of(Trial trial, Init init, UnaryOperator<Variable> activation) {
      List<Double> squares = new ArrayList<>();
      List<Double> gradients = new ArrayList<>();
      for (Draws draws : trial.repeats(REPEATS)) {
        Signal signal =
            Signal.through(
                draws,
                (d, index) -> {
                  UnaryOperator<Variable> linear = Signal.linear(d, init, WIDTH, WIDTH);
                  return h -> activation.apply(linear.apply(h));
                },
                DEPTH,
                WIDTH,
                BATCH);
        squares.add(signal.meanSquares()[DEPTH]);
        gradients.add(signal.gradientGrowth(draws));
      }
      return new Ends(new Spread(squares), new Spread(gradients));
    }

    void remember(Findings findings, String name) {
      findings.number("mean square after 50 layers, " + name, meanSquare);
      findings.number("decades of the gradient, " + name, gradient);
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Ends> ends = new ArrayList<>();
    List<String> names = List.of("gain 0.5", "gain 1", "gain 5/3", "gain 2.5");
    for (int i = 0; i < GAINS.length; i++) {
      Ends found = Ends.of(trial, Init.gain(GAINS[i]), ActivationFormula.TANH::apply);
      found.remember(findings, names.get(i));
      ends.add(found);
    }
    Ends scaled = Ends.of(trial, Init.lecun(), TanhInit::scaled);
    scaled.remember(findings, "gain 1, 1.7159 tanh(2z/3)");

    Criterion level = Criterion.between("decades the gradient changes by in 50 layers", -1.5, 1.5);
    findings.shows(level, "gain 1", ends.get(1).gradient().median());
    findings.control(level, "gain 0.5", ends.get(0).gradient().median());
    findings.control(level, "gain 2.5", ends.get(3).gradient().median());
    Criterion holds = Criterion.above("mean square after 50 layers", 0.1);
    findings.corrects(holds, "gain 5/3", ends.get(2).meanSquare().median());
    findings.corrects(holds, "1.7159 tanh(2z/3)", scaled.meanSquare().median());
    findings.control(holds, "gain 1", ends.get(1).meanSquare().median());
    Criterion flat = Criterion.between("decades of the gradient", -0.75, 0.75);
    findings.corrects(flat, "1.7159 tanh(2z/3)", scaled.gradient().median());
    findings.control(flat, "gain 5/3", ends.get(2).gradient().median());
    findings.picture(
        new Chart.Plot(
            "50 tanh layers",
            Axis.linear("gain"),
            Axis.linear("decades"),
            List.of(
                Figures.line(
                    "mean square at the end",
                    GAINS,
                    ends.stream().mapToDouble(e -> Math.log10(e.meanSquare().median())).toArray()),
                Figures.line(
                    "gradient on its way back",
                    GAINS,
                    ends.stream().mapToDouble(e -> e.gradient().median()).toArray()),
                Figures.level("unchanged", 0.5, 2.5, 0))));
    return findings;
  }

  /** 1.7159 tanh(2z/3), which maps 1 to nearly 1 (LeCun et al. 1998, "Efficient BackProp"). */
  private static Variable scaled(Variable z) {
    return Primitives.scale(ActivationFormula.TANH.apply(Primitives.scale(z, 2.0 / 3)), 1.7159);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int in = 50 * d.between(2, 12);
              int out = 50 * d.between(2, 12);
              return Calculation.of(
                      "tanh, %d → %d: Glorot's standard deviation?".formatted(in, out),
                      Math.sqrt(2.0 / (in + out)),
                      Closeness.NEAR)
                  .slip(Math.sqrt(1.0 / in), "that is LeCun's")
                  .slip(Math.sqrt(1.0 / out), "that counts the outputs alone")
                  .slip(Math.sqrt(2.0 / in), "that is He's, for ReLU")
                  .slip(2.0 / (in + out), "that is the variance");
            }));
  }
}
