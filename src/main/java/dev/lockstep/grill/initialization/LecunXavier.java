package dev.lockstep.grill.initialization;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What LeCun's and Xavier's variances keep, and what they do not. */
public final class LecunXavier implements Lab {
  private static final Question QUESTION =
      Question.number(25, "lecun-xavier", Topic.INITIALIZATION)
          .asks("What do the LeCun and the Xavier initialisation preserve?")
          .formula(
              "forward n_in Var(w), backward n_out Var(w); LeCun 1/n_in, Xavier 2/(n_in + n_out)",
              "\\frac{\\mathbb{E}[z^2]}{\\mathbb{E}[x^2]} = n_{\\text{in}}\\operatorname{Var}(w),"
                  + "\\quad \\frac{\\mathbb{E}[\\bar{x}^2]}{\\mathbb{E}[\\bar{z}^2]}"
                  + " = n_{\\text{out}}\\operatorname{Var}(w)")
          .answer(
              "LeCun's 1/n_in keeps the variance of the signal; Xavier's 2/(n_in + n_out) keeps"
                  + " those of signal and gradient.")
          .but(
              "Xavier's is a compromise: unless n_in = n_out it keeps neither. And it is E[x²] that"
                  + " is passed on, not the variance: inputs with a mean count with it.")
          .experiment(
              "One layer 256 → 64 forward and backward, one 256 → 256, a pyramid 512 to 32, and"
                  + " inputs of mean 2.")
          .points(
              "LeCun: variance 1/n_in, for the signal",
              "the gradient alone would want 1/n_out",
              "Xavier: 2/(n_in + n_out), between the two, exact only for equal widths")
          .expects(Verdict.CORRECTED);

  private static final int IN = 256;
  private static final int OUT = 64;
  private static final int BATCH = 64;
  private static final int REPEATS = 3;
  private static final double MEAN = 2;
  private static final List<Integer> PYRAMID = List.of(512, 256, 128, 64, 32);

  /** Variance 1 / out. */
  private static final Init FAN_OUT =
      (draws, in, out) -> draws.normals(in * out, 1 / Math.sqrt(out));

  /** By which factors mean squares change. */
  private record Factors(double forward, double backward) {
    double farther() {
      return Math.max(Math.abs(forward - 1), Math.abs(backward - 1));
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion kept = Criterion.between("factor of the mean square", 0.9, 1.1);
    Factors lecun = factors(findings, trial, "LeCun", Init.lecun(), List.of(IN, OUT));
    findings.shows(kept, "LeCun, forward", lecun.forward());
    findings.control(kept, "LeCun, backward", lecun.backward());
    Factors fanOut = factors(findings, trial, "1/n_out", FAN_OUT, List.of(IN, OUT));
    findings.shows(kept, "1/n_out, backward", fanOut.backward());
    findings.control(kept, "1/n_out, forward", fanOut.forward());

    Factors xavier = factors(findings, trial, "Xavier", Init.xavier(), List.of(IN, OUT));
    Factors square = factors(findings, trial, "Xavier", Init.xavier(), List.of(IN, IN));
    Criterion neither = Criterion.above("farther of the two factors from 1", 0.2);
    findings.corrects(neither, "Xavier, 256 → 64", xavier.farther());
    findings.control(neither, "Xavier, 256 → 256", square.farther());
    Criterion grows = Criterion.between("forward factor", 1.5, 1.7);
    findings.corrects(grows, "Xavier, 256 → 64", xavier.forward());
    findings.control(grows, "Xavier, 256 → 256", square.forward());
    factors(findings, trial, "LeCun", Init.lecun(), PYRAMID);
    factors(findings, trial, "Xavier", Init.xavier(), PYRAMID);

    Spread shifted = Spread.over(trial.repeats(REPEATS), d -> perVariance(d, MEAN));
    Spread centred = Spread.over(trial.repeats(REPEATS), d -> perVariance(d, 0));
    findings.number("inputs of mean 2: E[z²] / Var(x)", shifted);
    findings.number("inputs of mean 0: E[z²] / Var(x)", centred);
    Criterion more = Criterion.above("E[z²] / Var(x) with LeCun's weights", 2);
    findings.corrects(more, "inputs of mean 2", shifted.median());
    findings.control(more, "inputs of mean 0", centred.median());
    picture(findings);
    return findings;
  }

  private static Factors factors(
      Findings findings, Trial trial, String name, Init init, List<Integer> widths) {
    List<Factors> all = trial.repeats(REPEATS).stream().map(d -> factors(d, init, widths)).toList();
    Spread forward = Spread.over(all, Factors::forward);
    Spread backward = Spread.over(all, Factors::backward);
    String arm = "%s, %d → %d".formatted(name, widths.getFirst(), widths.getLast());
    findings.number(arm + ", forward", forward);
    findings.number(arm + ", backward", backward);
    return new Factors(forward.median(), backward.median());
  }

  private static Factors factors(Draws draws, Init init, List<Integer> widths) {
    Variable x =
        new Tape().variable(draws.normals(BATCH * widths.getFirst(), 1), BATCH, widths.getFirst());
    Variable z = x;
    for (int i = 1; i < widths.size(); i++) {
      z = Signal.linear(draws, init, widths.get(i - 1), widths.get(i)).apply(z);
    }
    z.seedGradient(draws.normals(z.count(), 1));
    z.tape().reverse();
    return new Factors(
        meanSquare(z.values()) / meanSquare(x.values()),
        meanSquare(x.gradient()) / meanSquare(z.gradient()));
  }

  /** E[z²] of inputs of variance 1 about a mean. */
  private static double perVariance(Draws draws, double mean) {
    double[] inputs = draws.normals(BATCH * IN, 1);
    Arrays.setAll(inputs, i -> inputs[i] + mean);
    Variable x = new Tape().constant(inputs, BATCH, IN);
    return meanSquare(Signal.linear(draws, Init.lecun(), IN, IN).apply(x).values());
  }

  private static double meanSquare(double[] values) {
    return Arrays.stream(values).map(v -> v * v).sum() / values.length;
  }

  private static void picture(Findings findings) {
    List<Series> bars = new ArrayList<>();
    for (String arm : List.of("LeCun", "1/n_out", "Xavier")) {
      String name = arm + ", 256 → 64, ";
      bars.add(
          Series.line(
              arm,
              List.of(
                  Series.Point.of(0, findings.number(name + "forward").median(), "forward"),
                  Series.Point.of(1, findings.number(name + "backward").median(), "backward"))));
    }
    findings.picture(
        new Chart.Plot(
            "A layer 256 → 64",
            Axis.linear("0 forward, 1 backward"),
            Axis.log("factor of the mean square"),
            bars));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int in = 10 * d.between(4, 80);
              int out = 10 * d.between(4, 80);
              return Calculation.of(
                      ("A linear layer %d → %d with Xavier's variance: by which factor does the"
                              + " mean square change forward?")
                          .formatted(in, out),
                      2.0 * in / (in + out),
                      Closeness.NEAR)
                  .slip(1, "Xavier keeps it only where both widths are equal")
                  .slip(2.0 * out / (in + out), "that is the factor backward")
                  .slip((double) in / out, "that is the factor with 1/n_out");
            }),
        new Derivation(
            "By which factor does a layer n → m with Xavier's variance change the mean square of"
                + " the gradient on its way back? Type it in n and m.",
            "2*m/(n+m)",
            List.of(Input.count("n"), Input.count("m")),
            drawn -> {
              double n = drawn.number("n");
              double m = drawn.number("m");
              return Matrix.of(m * (2 / (n + m)));
            }));
  }
}
