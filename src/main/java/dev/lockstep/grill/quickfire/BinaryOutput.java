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
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** A sigmoid makes a probability of a logit. */
public final class BinaryOutput implements Lab {
  private static final Question QUESTION =
      Question.number(53, "output-binary", Topic.QUICK_FIRE)
          .asks("Which output for two classes?")
          .formula(
              "p = 1/(1 + e⁻ᶻ) = softmax(0, z)₂",
              "p = \\frac{1}{1 + e^{-z}} = \\operatorname{softmax}(0, z)_2")
          .answer("One logit with a sigmoid; a softmax over two logits is the same function.")
          .but(
              "Deciding at one half hardly needs it: a linear output is nearly as often right. What"
                  + " it lacks is probabilities.")
          .experiment(
              "Logistic data of 3 inputs, 3000 examples: sigmoid with cross-entropy and a linear"
                  + " output with squared error, both against the true probabilities.")
          .points("a sigmoid, from any logit to (0, 1)", "the same as softmax over two logits")
          .expects(Verdict.CONFIRMED);

  private static final int IN = 3;
  private static final int ROWS = 3000;
  private static final int STEPS = 100;
  private static final int REPEATS = 3;
  private static final int BINS = 10;

  /** How steep the true probability is, whatever is drawn. */
  private static final double SLOPE = 2.5;

  /** What a fit says of its examples, and what is so. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Fit(double[] said, double[] truth) {
    double error() {
      return mean(i -> Math.abs(said[i] - truth[i]));
    }

    double outside() {
      return mean(i -> said[i] < 0 || said[i] > 1 ? 1 : 0);
    }

    double agreement() {
      return mean(i -> said[i] > 0.5 == truth[i] > 0.5 ? 1 : 0);
    }

    private static double mean(IntToDoubleFunction each) {
      return IntStream.range(0, ROWS).mapToDouble(each).average().orElseThrow();
    }

    /** What is so, as a function of what is said. */
    Series reliability(String name) {
      double[] sums = new double[BINS];
      double[] truths = new double[BINS];
      int[] counts = new int[BINS];
      for (int i = 0; i < ROWS; i++) {
        int bin = Math.clamp((long) (said[i] * BINS), 0, BINS - 1);
        counts[bin]++;
        sums[bin] += said[i];
        truths[bin] += truth[i];
      }
      return Series.line(
          name,
          IntStream.range(0, BINS)
              .filter(bin -> counts[bin] > 0)
              .mapToObj(bin -> Point.of(sums[bin] / counts[bin], truths[bin] / counts[bin]))
              .toList());
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Fit> sigmoid = trial.repeats(REPEATS).stream().map(d -> fit(d, true, STEPS)).toList();
    List<Fit> linear = trial.repeats(REPEATS).stream().map(d -> fit(d, false, STEPS)).toList();
    Criterion close = Criterion.below("mean distance from the true probability", 0.03);
    Spread own = Spread.over(sigmoid, Fit::error);
    Spread other = Spread.over(linear, Fit::error);
    findings.number("distance from the true probability, sigmoid", own);
    findings.number("distance from the true probability, linear output", other);
    findings.shows(close, "sigmoid", own.median());
    findings.control(close, "linear output", other.median());
    Criterion inside = Criterion.exactly("share of outputs outside [0, 1]", 0);
    Spread outside = Spread.over(linear, Fit::outside);
    findings.number("outputs outside [0, 1], linear output", outside);
    findings.shows(inside, "sigmoid", Spread.over(sigmoid, Fit::outside).median());
    findings.control(inside, "linear output", outside.median());
    Spread decided = Spread.over(sigmoid, Fit::agreement);
    Spread decidedLinear = Spread.over(linear, Fit::agreement);
    Spread untrained = Spread.over(trial.repeats(REPEATS), d -> fit(d, true, 0).agreement());
    findings.number("decisions as the true probability's, sigmoid", decided);
    findings.number("decisions as the true probability's, linear output", decidedLinear);
    Criterion decides = Criterion.above("decisions as the true probability's", 0.95);
    findings.shows(decides, "sigmoid", decided.median());
    findings.shows(decides, "linear output", decidedLinear.median());
    findings.control(decides, "sigmoid, untrained", untrained.median());

    double[] pairs = trial.draws().normals(2 * ROWS, 3);
    double[] p = SoftmaxFormula.softmax(new Tape().constant(pairs, ROWS, 2)).values();
    double difference = 0;
    double second = 0;
    for (int i = 0; i < ROWS; i++) {
      double own2 = p[2 * i + 1];
      difference = Math.max(difference, Math.abs(own2 - s(pairs[2 * i + 1] - pairs[2 * i])));
      second = Math.max(second, Math.abs(own2 - s(pairs[2 * i + 1])));
    }
    Criterion same = Criterion.below("largest distance from the softmax of two logits", 1e-14);
    findings.shows(same, "sigmoid of their difference", difference);
    findings.control(same, "sigmoid of the second", second);
    findings.picture(
        new Chart.Plot(
            "True probability by what is said",
            Axis.linear("said"),
            Axis.linear("true"),
            List.of(
                sigmoid.getFirst().reliability("sigmoid"),
                linear.getFirst().reliability("linear output"),
                new Series(
                    "said is true", Series.Style.BOUND, List.of(Point.of(0, 0), Point.of(1, 1))))));
    return findings;
  }

  private static double s(double z) {
    return ActivationFormula.SIGMOID.value(z, 0);
  }

  private static Fit fit(Draws draws, boolean sigmoid, int steps) {
    double[] teacher = draws.child("teacher").normals(IN, 1);
    double scale = SLOPE / Vectors.norm(teacher);
    double[] x = draws.child("inputs").normals(ROWS * IN, 1);
    Draws coins = draws.child("coins");
    double[] truth = new double[ROWS];
    double[] y = new double[ROWS];
    for (int r = 0; r < ROWS; r++) {
      double z = 0;
      for (int i = 0; i < IN; i++) {
        z += scale * teacher[i] * x[r * IN + i];
      }
      truth[r] = s(z);
      y[r] = coins.chance(truth[r]) ? 1 : 0;
    }
    Dense layer = Dense.draw(draws.child("layer"), Init.lecun(), IN, 1);
    Training.run(
        Descent.adam(0.1),
        layer.leaves(),
        steps,
        (tape, step) -> {
          Variable z = layer.apply(tape.constant(x, ROWS, IN));
          return Primitives.mean(
              sigmoid
                  ? BceWithLogitsFormula.elements(z, y, null, null)
                  : SquaredErrorFormula.elements(z, tape.constant(y, ROWS, 1)));
        });
    Variable z = layer.apply(new Tape().constant(x, ROWS, IN));
    return new Fit(sigmoid ? ActivationFormula.SIGMOID.apply(z).values() : z.values(), truth);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int first = d.between(-4, 4);
              int second = d.between(-4, 4);
              return Calculation.of(
                      ("A softmax of logits (%d, %d) gives the second class the sigmoid of which"
                              + " number?")
                          .formatted(first, second),
                      second - first,
                      Closeness.EXACT)
                  .slip(second, "the first logit counts as well")
                  .slip(first - second, "that is the first class's")
                  .slip(first + second, "a softmax depends on differences of logits");
            }));
  }
}
