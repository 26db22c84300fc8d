package dev.lockstep.grill.losses;

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
import dev.lockstep.grill.toy.Accuracy;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.OneHot;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Squared error belongs to Gaussian noise; for classes it fails behind a softmax only. */
public final class SquaredErrorWhen implements Lab {
  private static final Question QUESTION =
      Question.number(15, "mse-when", Topic.LOSSES)
          .asks("When is squared error the right loss, and when not?")
          .formula(
              "−log N(y; f, s²) = (y − f)²/(2s²) + c, smallest at f = E[y|x]",
              "-\\log \\mathcal{N}(y; f, s^2) = \\frac{(y - f)^2}{2 s^2} + c,\\qquad"
                  + " f^* = \\mathbb{E}[y \\mid x]")
          .answer(
              "For regression with Gaussian noise, whose negative log-likelihood it is. Not for"
                  + " classification: its gradient vanishes there.")
          .but(
              "What vanishes is its gradient through a softmax or sigmoid from a saturated start."
                  + " On raw outputs it classifies as well as cross-entropy (Hui and Belkin 2020"
                  + " found the same at scale).")
          .experiment(
              "Mean against median of 25 draws, 4000 times; three blobs, 2-16-3, 300 steps at 0.1,"
                  + " also with one output's bias at 12.")
          .points(
              "it is the likelihood of Gaussian noise, and estimates the mean",
              "with heavy tails the median, absolute error, does better",
              "behind a saturated softmax its gradient vanishes; on raw outputs it does not")
          .expects(Verdict.REFUTED);

  private static final int SAMPLES = 4000;
  private static final int SIZE = 25;
  private static final int REPEATS = 3;
  private static final int STEPS = 300;
  private static final int TRAINED = 120;
  private static final int TESTED = 300;
  private static final int CLASSES = 3;
  private static final double SATURATED = 12;
  private static final String BEHIND = "accuracy on raw outputs less cross-entropy's";

  /** What is trained. */
  private enum Loss {
    CROSS_ENTROPY("cross-entropy"),
    RAW("squared error, raw outputs"),
    SOFTMAX("squared error behind a softmax");

    private final String words;

    Loss(String words) {
      this.words = words;
    }

    Variable of(Variable logits, int[] targets, double[] oneHot) {
      if (this == CROSS_ENTROPY) {
        return CrossEntropyFormula.mean().loss(logits, targets).loss();
      }
      Variable y = this == RAW ? logits : SoftmaxFormula.softmax(logits);
      Variable target = logits.tape().constant(oneHot, targets.length, CLASSES);
      return Primitives.scale(
          Primitives.sum(SquaredErrorFormula.elements(y, target)), 1.0 / targets.length);
    }
  }

  /** Points of three classes in turn. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Blobs(double[] points, int[] classes) {
    static Blobs draw(Draws draws, int count) {
      double[] points = new double[2 * count];
      int[] classes = new int[count];
      for (int i = 0; i < count; i++) {
        classes[i] = i % CLASSES;
        double angle = 2 * Math.PI * classes[i] / CLASSES;
        points[2 * i] = 2 * Math.cos(angle) + 0.7 * draws.normal();
        points[2 * i + 1] = 2 * Math.sin(angle) + 0.7 * draws.normal();
      }
      return new Blobs(points, classes);
    }

    double accuracy(Mlp network) {
      return Accuracy.of(network.apply(new Tape().constant(points, classes.length, 2)), classes);
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    noise(findings, trial.draws());
    List<Point> bars = new ArrayList<>();
    double[] medians = new double[2 * Loss.values().length];
    for (Loss loss : Loss.values()) {
      for (int s = 0; s < 2; s++) {
        double bias = s * SATURATED;
        Spread accuracy = Spread.over(trial.repeats(REPEATS), draws -> accuracy(draws, loss, bias));
        String name = loss.words + (s == 1 ? ", bias 12" : "");
        findings.number("accuracy, " + name, accuracy);
        bars.add(Point.of(bars.size(), accuracy.median(), name));
        medians[2 * loss.ordinal() + s] = accuracy.median();
      }
    }
    findings.picture(
        new Chart.Plot(
            "Three blobs",
            Axis.linear("arm"),
            Axis.linear("accuracy"),
            List.of(new Series("median of three", Series.Style.POINTS, bars))));
    double raw = medians[2] - medians[0];
    double stuck = medians[5] - medians[1];
    findings.number(BEHIND, raw);
    Criterion level = Criterion.above("accuracy less that of cross-entropy", -0.03);
    findings.refutes(level, "squared error, raw outputs", raw);
    findings.control(level, "squared error behind a softmax, bias 12", stuck);
    Criterion fails = Criterion.below("accuracy from a saturated start", 0.5);
    findings.shows(fails, "squared error behind a softmax", medians[5]);
    findings.control(fails, "cross-entropy", medians[1]);
    findings.control(fails, "squared error, raw outputs", medians[3]);
    return findings;
  }

  private static void noise(Findings findings, Draws draws) {
    double gauss = medianOverMean(draws, Draws::normal);
    double laplace = medianOverMean(draws, SquaredErrorWhen::laplace);
    findings.number("variance of the median over that of the mean, Gaussian", gauss);
    findings.number("variance of the median over that of the mean, Laplace", laplace);
    Criterion best = Criterion.above("variance of the median over that of the mean", 1.3);
    findings.shows(best, "Gaussian noise", gauss);
    findings.control(best, "Laplace noise", laplace);
    findings.picture(
        new Chart.Plot(
            "Density of two kinds of noise of variance 1",
            Axis.linear("y"),
            Axis.linear("density"),
            List.of(
                Series.curve(
                    "Gaussian: estimate by the mean",
                    -4,
                    4,
                    y -> Math.exp(-y * y / 2) / Math.sqrt(2 * Math.PI)),
                Series.curve(
                    "Laplace: estimate by the median",
                    -4,
                    4,
                    y -> Math.exp(-Math.sqrt(2) * Math.abs(y)) / Math.sqrt(2)))));
  }

  private static double laplace(Draws draws) {
    double u = draws.uniform(-1, 1);
    return Math.signum(u) * -Math.log1p(-Math.abs(u)) / Math.sqrt(2);
  }

  private static double medianOverMean(Draws draws, ToDoubleFunction<Draws> noise) {
    double means = 0;
    double medians = 0;
    double[] sample = new double[SIZE];
    for (int i = 0; i < SAMPLES; i++) {
      Arrays.setAll(sample, j -> noise.applyAsDouble(draws));
      double mean = Arrays.stream(sample).average().orElseThrow();
      Arrays.sort(sample);
      means += mean * mean; // the noise is centred
      medians += sample[SIZE / 2] * sample[SIZE / 2];
    }
    return medians / means;
  }

  private static double accuracy(Draws draws, Loss loss, double bias) {
    Blobs trained = Blobs.draw(draws.child("trained"), TRAINED);
    Mlp network =
        Mlp.draw(draws.child("network"), Init.xavier(), ActivationFormula.TANH, 2, 16, CLASSES);
    network.layers().getLast().bias().update(values -> values[0] = bias);
    double[] oneHot = OneHot.of(CLASSES, trained.classes());
    Training.run(
        Descent.sgd(0.1),
        network.leaves(),
        STEPS,
        (tape, step) ->
            loss.of(
                network.apply(tape.constant(trained.points(), TRAINED, 2)),
                trained.classes(),
                oneHot));
    return Blobs.draw(draws.child("tested"), TESTED).accuracy(network);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int most = d.between(1, 4);
              int outlier = most + 4 * d.between(2, 6);
              double mean = (3.0 * most + outlier) / 4;
              return Calculation.of(
                      "Targets %d, %d, %d, %d: the constant of the smallest squared error?"
                          .formatted(most, most, most, outlier),
                      mean,
                      Closeness.EXACT)
                  .slip(most, "the median is best for absolute error")
                  .slip(
                      (most + outlier) / 2.0,
                      "the middle of the range is best for the largest error")
                  .slip(outlier, "one error of 0 does not make up for three large ones");
            }),
        new Prediction(
            "Three blobs, squared error on the raw outputs. Its accuracy next to cross-entropy's?",
            List.of("within 3 points", "3 to 20 points lower", "more than 20 points lower"),
            findings -> {
              double lower = -findings.number(BEHIND).median();
              return lower < 0.03 ? 0 : lower < 0.2 ? 1 : 2;
            }));
  }
}
