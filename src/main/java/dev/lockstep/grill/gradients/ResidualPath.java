package dev.lockstep.grill.gradients;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
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
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.List;
import java.util.function.UnaryOperator;

/** What a residual connection guarantees for the gradient, and what it does not. */
public final class ResidualPath implements Lab {
  private static final String HALVED = "log₁₀ of the gradient through 30 blocks of F = −x/2";

  private static final Question QUESTION =
      Question.number(32, "residual", Topic.GRADIENTS)
          .asks("Why do residual connections keep gradients from vanishing?")
          .formula(
              "y = x + F(x);  ∂y/∂x = I + F′(x)",
              "y = x + F(x), \\qquad \\frac{\\partial y}{\\partial x} = I + F'(x)")
          .answer(
              "The derivative of a block is I plus that of its branch, so a part of the gradient"
                  + " passes every block unchanged and can never fully vanish.")
          .but(
              "As a guarantee that is wrong: a branch F = −x takes it all away, F = −x/2 halves it"
                  + " in every block. With usual branches it holds; but without scaling the stream"
                  + " and the gradient grow with depth instead.")
          .experiment(
              "50 layers of width 64: ReLU with weights of 0.02, plain and residual; residual with"
                  + " He's weights, and with these over √50; and the two branches above.")
          .points(
              "∂y/∂x = I + F′(x): an identity path",
              "usual branches: gradients pass",
              "no guarantee: F′ may be near −I",
              "unscaled branches let stream and gradient grow with depth")
          .expects(Verdict.REFUTED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 64;
  private static final int BATCH = 8;
  private static final int HALVINGS = 30;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(3);
    Spread plain = growth(repeats, Init.normal(0.02), false);
    Spread small = growth(repeats, Init.normal(0.02), true);
    Spread he = growth(repeats, Init.he(), true);
    Spread scaled = growth(repeats, Init.gain(Math.sqrt(2.0 / DEPTH)), true);
    findings.number("log₁₀ of the gradient, plain, weights of 0.02", plain);
    findings.number("log₁₀ of the gradient, residual, weights of 0.02", small);
    findings.number("log₁₀ of the gradient, residual, He", he);
    findings.number("log₁₀ of the gradient, residual, He over √50", scaled);
    Criterion passes = Criterion.between("log₁₀ of the gradient", -1, 1.5);
    findings.shows(passes, "residual, weights of 0.02", small.median());
    findings.shows(passes, "residual, He over √50", scaled.median());
    findings.control(passes, "plain, weights of 0.02", plain.median());
    Criterion explodes = Criterion.above("log₁₀ of the gradient", 6);
    findings.corrects(explodes, "residual, He", he.median());
    findings.control(explodes, "residual, He over √50", scaled.median());

    double halved = Math.log10(opposed(trial.draws(), 0.5, HALVINGS));
    double gone = opposed(trial.draws(), 1, 1);
    double kept = opposed(trial.draws(), 0, HALVINGS);
    findings.number(HALVED, halved);
    findings.number("gradient through one block of F = −x", gone);
    Criterion vanishes = Criterion.below("gradient against the last block's", 1e-8);
    findings.refutes(vanishes, "30 blocks of F = −x/2", Math.pow(10, halved));
    findings.refutes(vanishes, "one block of F = −x", gone);
    findings.control(vanishes, "30 blocks of F = 0", kept);
    Criterion identity = Criterion.below("distance of ∂y/∂x from I + F′(x)", 1e-13);
    findings.shows(identity, "x + F(x)", identityError(trial.draws(), true));
    findings.control(identity, "F(x)", identityError(trial.draws(), false));
    Draws draws = repeats.getFirst();
    findings.picture(
        new Chart.Plot(
            "Gradients on their way back",
            Axis.linear("layer"),
            Axis.log("norm of the gradient"),
            List.of(
                norms("plain, 0.02", draws, Init.normal(0.02), false),
                norms("residual, 0.02", draws, Init.normal(0.02), true),
                norms("residual, He", draws, Init.he(), true),
                norms("residual, He over √50", draws, Init.gain(Math.sqrt(2.0 / DEPTH)), true))));
    findings.picture(
        new Chart.Plot(
            "The stream",
            Axis.linear("layer"),
            Axis.log("mean square"),
            List.of(
                Series.steps("residual, He", signal(draws, Init.he(), true).meanSquares()),
                Series.steps(
                    "residual, He over √50",
                    signal(draws, Init.gain(Math.sqrt(2.0 / DEPTH)), true).meanSquares()))));
    return findings;
  }

  private static Signal signal(Draws draws, Init init, boolean residual) {
    return Signal.through(
        draws.child("layers"),
        (d, index) -> {
          UnaryOperator<Variable> linear = Signal.linear(d, init, WIDTH, WIDTH);
          return h -> {
            Variable branch = ActivationFormula.RELU.apply(linear.apply(h));
            return residual ? Primitives.add(h, branch) : branch;
          };
        },
        DEPTH,
        WIDTH,
        BATCH);
  }

  private static Spread growth(List<Draws> repeats, Init init, boolean residual) {
    return Spread.over(repeats, d -> signal(d, init, residual).gradientGrowth(d.child("upstream")));
  }

  private static Series norms(String name, Draws draws, Init init, boolean residual) {
    return Series.steps(name, signal(draws, init, residual).gradientNorms(draws.child("upstream")));
  }

  /** What is left of a gradient after blocks of F = −a x. */
  private static double opposed(Draws draws, double a, int blocks) {
    double[] norms =
        Signal.through(draws, (d, index) -> h -> Primitives.addScaled(h, -a, h), blocks, WIDTH, 1)
            .gradientNorms(draws.child("upstream"));
    return norms[0] / norms[blocks];
  }

  /** The largest element by which a block's derivative differs from I plus its branch's. */
  private static double identityError(Draws draws, boolean residual) {
    double[] x = draws.child("x").normals(WIDTH, 1);
    double[] weight = Init.he().draw(draws.child("weight"), WIDTH, WIDTH);
    double most = 0;
    for (int o = 0; o < WIDTH; o++) {
      double[] block = row(x, weight, o, residual);
      double[] branch = row(x, weight, o, false);
      branch[o] += 1;
      for (int i = 0; i < WIDTH; i++) {
        most = Math.max(most, Math.abs(block[i] - branch[i]));
      }
    }
    return most;
  }

  private static double[] row(double[] x, double[] weight, int output, boolean residual) {
    Tape tape = new Tape();
    Variable input = tape.variable(x, 1, WIDTH);
    Variable branch =
        ActivationFormula.TANH.apply(Primitives.matmul(input, tape.constant(weight, WIDTH, WIDTH)));
    double[] one = new double[WIDTH];
    one[output] = 1;
    (residual ? Primitives.add(input, branch) : branch).seedGradient(one);
    tape.reverse();
    return input.gradient();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        new Prediction(
            "30 residual blocks whose branch is F(x) = −x/2: what is left of the gradient?",
            List.of(
                "all of it, by the identity path",
                "between a thousandth and a half",
                "less than a thousandth"),
            findings -> {
              double log = findings.number(HALVED).median();
              return log > -0.3 ? 0 : log > -3 ? 1 : 2;
            }),
        Calculation.draw(
            draws,
            d -> {
              double a = -d.between(2, 8) / 10.0;
              int blocks = d.between(5, 12);
              return Calculation.of(
                      "%d residual blocks with F(x) = %s x: ∂y/∂x of them all?"
                          .formatted(blocks, a),
                      Math.pow(1 + a, blocks),
                      Closeness.DECADES)
                  .slip(1, "the identity path is not alone: the branch is added to it")
                  .slip(Math.pow(1 - a, blocks), "the branch opposes: its sign is minus")
                  .slip(0, "nothing vanishes at once, it shrinks in every block");
            }));
  }
}
