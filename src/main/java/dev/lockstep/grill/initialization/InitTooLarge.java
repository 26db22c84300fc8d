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
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.NormOps_DDRM;

/** What decides whether a signal explodes: a typical gain, not the largest one. */
public final class InitTooLarge implements Lab {
  private static final Question QUESTION =
      Question.number(29, "init-too-large", Topic.INITIALIZATION)
          .asks("What happens when weights begin too large?")
          .formula(
              "RMS per ReLU layer × s √(n/2); float32 overflows at layer 38.5 / log₁₀ of it",
              "\\text{RMS} \\times s\\sqrt{n/2} \\text{ per layer},\\quad"
                  + " L_{\\text{overflow}} \\approx \\frac{38.5}{\\log_{10}(s\\sqrt{n/2})}")
          .answer(
              "Activations and gradients explode: the network blows up when the weight matrices"
                  + " have norms above 1.")
          .but(
              "Not for the spectral norm: He's matrices have 2.8 and keep the signal for 50 layers."
                  + " What a typical direction gains decides. And tanh cannot overflow; there large"
                  + " weights make the gradient explode.")
          .experiment(
              "ReLU layers of 128 rounded to float32 with weights of deviation 1 and He's; spectral"
                  + " norms; the gradient through 20 tanh layers of gain 4.")
          .points(
              "the signal grows by a factor per layer, to the power of depth, until it overflows",
              "the factor is the RMS gain s√(n/2), not the largest singular value",
              "bounded activations saturate instead, and the gradient is what explodes or dies")
          .expects(Verdict.REFUTED);

  private static final int WIDTH = 128;
  private static final int BATCH = 8;
  private static final int DEEP = 200;
  private static final int DEPTH = 50;
  private static final int TANH_DEPTH = 20;
  private static final double TANH_GAIN = 4;
  private static final int REPEATS = 3;
  private static final double FLOAT_DECADES = Math.log10(Float.MAX_VALUE);

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    overflow(findings, trial);
    norms(findings, trial);
    saturation(findings, trial);
    return findings;
  }

  private static void overflow(Findings findings, Trial trial) {
    Spread large = Spread.over(trial.repeats(REPEATS), d -> finiteLayers(d, Init.normal(1), DEPTH));
    double he = finiteLayers(trial.draws(), Init.he(), DEEP);
    findings.number("deviation 1: layers that stay finite in float32", large);
    findings.number("He: layers that stay finite in float32, of 200", he);
    Criterion early = Criterion.between("layers that stay finite in float32", 39, 45);
    findings.shows(early, "deviation 1", large.median());
    findings.control(early, "He", he);
  }

  /** How many layers pass before a number is not finite. */
  private static double finiteLayers(Draws draws, Init init, int depth) {
    Signal signal =
        Signal.through(
            draws,
            (d, index) -> {
              UnaryOperator<Variable> linear = Signal.linear(d, init, WIDTH, WIDTH);
              return h -> rounded(ActivationFormula.RELU.apply(linear.apply(h)));
            },
            depth,
            WIDTH,
            BATCH);
    return signal.passed().stream()
            .takeWhile(h -> Arrays.stream(h.values()).allMatch(Double::isFinite))
            .count()
        - 1.0;
  }

  private static Variable rounded(Variable x) {
    return Primitives.map(x, v -> (float) v, v -> 1);
  }

  private static void norms(Findings findings, Trial trial) {
    Spread spectral = Spread.over(trial.repeats(REPEATS), d -> spectralNorm(d, Init.he()));
    double small = spectralNorm(trial.draws(), Init.gain(0.4));
    Spread kept = Spread.over(trial.repeats(REPEATS), d -> relu(d, Init.he()).growth());
    double large = relu(trial.draws(), Init.normal(1)).growth();
    findings.number("He: largest singular value", spectral);
    findings.number("He: log₁₀ E[h²₅₀]/E[h²₀]", kept);
    findings.number("deviation 1: log₁₀ E[h²₅₀]/E[h²₀]", large);
    Criterion aboveOne = Criterion.above("largest singular value", 2);
    findings.shows(aboveOne, "He", spectral.median());
    findings.control(aboveOne, "variance 0.16/n", small);
    Criterion keeps = Criterion.below("|log₁₀ E[h²] behind 50 layers / in front|", 1.5);
    findings.refutes(keeps, "He", Math.abs(kept.median()));
    findings.control(keeps, "deviation 1", Math.abs(large));
    List<Series> curves = new ArrayList<>();
    curves.add(decades("deviation 1", relu(trial.draws(), Init.normal(1))));
    curves.add(decades("He", relu(trial.draws(), Init.he())));
    curves.add(
        new Series(
            "largest float32",
            Series.Style.BOUND,
            List.of(Series.Point.of(0, FLOAT_DECADES), Series.Point.of(DEPTH, FLOAT_DECADES))));
    findings.picture(
        new Chart.Plot("ReLU layers", Axis.linear("layer"), Axis.linear("log₁₀ RMS"), curves));
  }

  private static Series decades(String name, Signal signal) {
    return Series.steps(
        name, Arrays.stream(signal.meanSquares()).map(v -> Math.log10(v) / 2).toArray());
  }

  private static Signal relu(Draws draws, Init init) {
    return Signal.through(draws, init, ActivationFormula.RELU, DEPTH, WIDTH, BATCH);
  }

  private static double spectralNorm(Draws draws, Init init) {
    return NormOps_DDRM.normP2(new DMatrixRMaj(WIDTH, WIDTH, true, init.draw(draws, WIDTH, WIDTH)));
  }

  private static void saturation(Findings findings, Trial trial) {
    Spread large = Spread.over(trial.repeats(REPEATS), d -> tanh(d, TANH_GAIN).gradientGrowth(d));
    Spread usual = Spread.over(trial.repeats(REPEATS), d -> tanh(d, 1).gradientGrowth(d));
    double saturated =
        Arrays.stream(tanh(trial.draws(), TANH_GAIN).passed().getLast().values())
                .filter(h -> Math.abs(h) > 0.99)
                .count()
            / (double) (WIDTH * BATCH);
    findings.number("tanh, gain 4, 20 layers: log₁₀ |∂L/∂h₀|/|∂L/∂h₂₀|", large);
    findings.number("tanh, gain 1, 20 layers: log₁₀ |∂L/∂h₀|/|∂L/∂h₂₀|", usual);
    findings.number("tanh, gain 4: share of |h| > 0.99", saturated);
    Criterion explodes = Criterion.above("log₁₀ |∂L/∂h₀|/|∂L/∂h₂₀|", 2);
    findings.corrects(explodes, "tanh, gain 4", large.median());
    findings.control(explodes, "tanh, gain 1", usual.median());
  }

  private static Signal tanh(Draws draws, double gain) {
    return Signal.through(draws, Init.gain(gain), ActivationFormula.TANH, TANH_DEPTH, WIDTH, BATCH);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int n = 128 * d.between(1, 16);
              int least = (int) Math.ceil(130 / Math.sqrt(n / 2.0)); // a factor of 1.3 a layer
              double s = d.between(least, 30) / 100.0;
              double rms = s * Math.sqrt(n / 2.0);
              return Calculation.of(
                      ("ReLU layers of width %d with weights of deviation %s: at which layer,"
                              + " about, does float32 overflow?")
                          .formatted(n, s),
                      FLOAT_DECADES / Math.log10(rms),
                      Closeness.DECADES)
                  .slip(
                      FLOAT_DECADES / Math.log10(s * Math.sqrt(n)),
                      "forgets that ReLU halves the mean square")
                  .slip(
                      FLOAT_DECADES / Math.log10(rms * rms),
                      "that is where the mean square overflows, not the values")
                  .slip(FLOAT_DECADES, "one power of ten per layer only if s√(n/2) is 10");
            }),
        new Prediction(
            "He's weights, 128 × 128: the largest singular value is about 2.8. By which factor does"
                + " E[h²] change in 50 ReLU layers?",
            List.of("less than 1e-4", "1e-4 to 1e4", "1e4 to 1e20", "more than 1e20"),
            findings -> {
              double decades = findings.number("He: log₁₀ E[h²₅₀]/E[h²₀]").median();
              return decades < -4 ? 0 : decades < 4 ? 1 : decades < 20 ? 2 : 3;
            }));
  }
}
