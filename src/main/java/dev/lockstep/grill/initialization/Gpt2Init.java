package dev.lockstep.grill.initialization;

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
import dev.lockstep.grill.toy.Norms;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Why residual branches start smaller the more there are, though every one begins with a norm. */
public final class Gpt2Init implements Lab {
  private static final Question QUESTION =
      Question.number(27, "gpt2-init", Topic.INITIALIZATION)
          .asks("How are GPT-2's weights initialised, and why does that work?")
          .formula(
              "w ~ N(0, 0.02²); outputs of residual branches times 1/√(2N) for N blocks",
              "w \\sim \\mathcal{N}(0, 0.02^2),\\quad"
                  + " w_{\\text{residual}} \\sim \\mathcal{N}\\Big(0, \\frac{0.02^2}{2N}\\Big)")
          .answer(
              "Normal with deviation 0.02, projections onto the residual stream divided by √(2N)."
                  + " The 0.02 works regardless of width, because LayerNorm renormalises.")
          .but(
              "LayerNorm hides the scale of weights from the output only: their gradient falls as"
                  + " 1/c, the angle of a step as 1/c². And in a pre-LN network nothing normalises"
                  + " the residual stream itself: that is what 1/√(2N) is for.")
          .experiment(
              "4, 16 and 48 blocks of two pre-LN branches at width 64, with and without the factor;"
                  + " ten times larger weights in front of a LayerNorm.")
          .points(
              "deviation 0.02, and 1/√(2N) on the projections that end residual branches",
              "2N branches add up: without the factor the stream's variance grows with N",
              "LayerNorm makes the output independent of the weights' scale, not the gradient")
          .kernels("layernorm_40x64")
          .expects(Verdict.REFUTED);

  private static final int WIDTH = 64;
  private static final int HIDDEN = 128;
  private static final int BATCH = 16;
  private static final int REPEATS = 3;
  private static final double EPS = 1e-5;
  private static final double FACTOR = 10;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    stream(findings, trial);
    scale(findings, trial.draws().child("scale"));
    return findings;
  }

  private static void stream(Findings findings, Trial trial) {
    Criterion bounded = Criterion.between("variance that all branches add", 0.6, 1.4);
    for (int blocks : List.of(4, 16, 48)) {
      double factor = 1 / Math.sqrt(2 * blocks);
      Spread plain = Spread.over(trial.repeats(REPEATS), d -> added(signal(d, blocks, 1)));
      Spread scaled = Spread.over(trial.repeats(REPEATS), d -> added(signal(d, blocks, factor)));
      findings.number("%d blocks, added variance".formatted(blocks), plain);
      findings.number("%d blocks, added variance, with 1/√(2N)".formatted(blocks), scaled);
      findings.shows(bounded, blocks + " blocks, with 1/√(2N)", scaled.median());
      findings.control(bounded, blocks + " blocks", plain.median());
    }
    Criterion grows = Criterion.above("variance added by 48 blocks / by 4", 8);
    findings.refutes(
        grows,
        "pre-LN",
        findings.number("48 blocks, added variance").median()
            / findings.number("4 blocks, added variance").median());
    findings.control(
        grows,
        "pre-LN with 1/√(2N)",
        findings.number("48 blocks, added variance, with 1/√(2N)").median()
            / findings.number("4 blocks, added variance, with 1/√(2N)").median());
    findings.picture(
        new Chart.Plot(
            "The residual stream of 48 blocks",
            Axis.linear("branch"),
            Axis.log("mean square"),
            List.of(
                Series.steps("plain", signal(trial.draws(), 48, 1).meanSquares()),
                Series.steps(
                    "with 1/√(2N)", signal(trial.draws(), 48, 1 / Math.sqrt(96)).meanSquares()))));
  }

  /** Two branches a block, each LayerNorm, linear, ReLU, linear, added to the stream. */
  private static Signal signal(Draws draws, int blocks, double factor) {
    return Signal.through(
        draws,
        (d, index) -> {
          UnaryOperator<Variable> up = Signal.linear(d, Init.he(), WIDTH, HIDDEN);
          UnaryOperator<Variable> down = Signal.linear(d, Init.gain(factor), HIDDEN, WIDTH);
          return h ->
              Primitives.add(
                  h, down.apply(ActivationFormula.RELU.apply(up.apply(Norms.layer(h, EPS)))));
        },
        2 * blocks,
        WIDTH,
        BATCH);
  }

  private static double added(Signal signal) {
    double[] squares = signal.meanSquares();
    return squares[squares.length - 1] - squares[0];
  }

  /** Ten times the weights in front of a LayerNorm: what changes, and what does not. */
  private static void scale(Findings findings, Draws draws) {
    double[] x = draws.normals(BATCH * WIDTH, 1);
    double[] weight = Init.lecun().draw(draws, WIDTH, WIDTH);
    double[] seed = draws.normals(BATCH * WIDTH, 1);
    Criterion same = Criterion.below("relative change of the output with 10 W", 1e-12);
    double normed = change(x, weight, h -> Norms.layer(h, 0));
    double bare = change(x, weight, h -> h);
    double[] faint = Arrays.stream(x).map(v -> 1e-3 * v).toArray();
    double drowned = change(faint, weight, h -> Norms.layer(h, EPS));
    findings.number("LayerNorm, ε = 0: relative change of the output", normed);
    findings.number("no LayerNorm: relative change of the output", bare);
    findings.number("LayerNorm, ε = 1e-5, signal of 1e-3: relative change", drowned);
    findings.shows(same, "LayerNorm, ε = 0", normed);
    findings.control(same, "no LayerNorm", bare);
    findings.control(same, "LayerNorm, ε = 1e-5, signal of 1e-3", drowned);

    Criterion shrinks = Criterion.between("gradient of 10 W / gradient of W", 0.099, 0.101);
    double ratio =
        gradient(x, times(weight), seed, h -> Norms.layer(h, 0))
            / gradient(x, weight, seed, h -> Norms.layer(h, 0));
    double without = gradient(x, times(weight), seed, h -> h) / gradient(x, weight, seed, h -> h);
    findings.number("LayerNorm: gradient of 10 W / gradient of W", ratio);
    findings.refutes(shrinks, "LayerNorm", ratio);
    findings.control(shrinks, "no LayerNorm", without);
  }

  private static double change(double[] x, double[] weight, UnaryOperator<Variable> after) {
    double[] once = output(x, weight, after).values();
    double[] tenfold = output(x, times(weight), after).values();
    double difference = 0;
    double size = 0;
    for (int i = 0; i < once.length; i++) {
      difference += (tenfold[i] - once[i]) * (tenfold[i] - once[i]);
      size += once[i] * once[i];
    }
    return Math.sqrt(difference / size);
  }

  private static Variable output(double[] x, double[] weight, UnaryOperator<Variable> after) {
    Tape tape = new Tape();
    return after.apply(
        LinearFormula.linear(
            tape.constant(x, BATCH, WIDTH), tape.variable(weight, WIDTH, WIDTH), null));
  }

  private static double gradient(
      double[] x, double[] weight, double[] seed, UnaryOperator<Variable> after) {
    Tape tape = new Tape();
    Variable w = tape.variable(weight, WIDTH, WIDTH);
    Variable y = after.apply(LinearFormula.linear(tape.constant(x, BATCH, WIDTH), w, null));
    y.seedGradient(seed);
    tape.reverse();
    return Vectors.norm(w.gradient());
  }

  private static double[] times(double[] weight) {
    return Arrays.stream(weight).map(w -> FACTOR * w).toArray();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int blocks = d.between(6, 96);
              return Calculation.of(
                      ("GPT-2's initialisation, %d blocks: by which factor are the projections onto"
                              + " the residual stream scaled?")
                          .formatted(blocks),
                      1 / Math.sqrt(2 * blocks),
                      Closeness.NEAR)
                  .slip(1 / Math.sqrt(blocks), "each block adds twice: attention and MLP")
                  .slip(0.5 / blocks, "variances add up, so the deviation takes the root")
                  .slip(0.02, "that is the deviation before scaling");
            }),
        new Prediction(
            "Pre-LN branches without 1/√(2N): 48 blocks add how many times the variance of 4?",
            List.of(
                "as much: LayerNorm renormalises",
                "about √12 times",
                "about 12 times",
                "more than 100 times"),
            findings -> {
              double ratio =
                  findings.number("48 blocks, added variance").median()
                      / findings.number("4 blocks, added variance").median();
              return ratio < 1.8 ? 0 : ratio < 6.5 ? 1 : ratio < 100 ? 2 : 3;
            }));
  }
}
