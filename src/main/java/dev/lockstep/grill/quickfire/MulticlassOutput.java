package dev.lockstep.grill.quickfire;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.OneHot;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A softmax makes one distribution over classes that exclude each other. */
public final class MulticlassOutput implements Lab {
  private static final Question QUESTION =
      Question.number(54, "output-multiclass", Topic.QUICK_FIRE)
          .asks("Which output for one of several classes?")
          .formula(
              "pₖ = exp(zₖ)/Σ exp(zⱼ), ∂p/∂z = diag(p) − ppᵀ",
              "p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}},\\qquad \\frac{\\partial p}{\\partial z} ="
                  + " \\operatorname{diag}(p) - p p^\\top")
          .answer("A softmax: one distribution over classes that exclude each other.")
          .but("Adding a constant to all logits changes nothing: one of them is superfluous.")
          .experiment(
              "Four classes drawn from the softmax of a linear function of 4 inputs, 3000"
                  + " examples; softmax against one sigmoid per class, Adam, 100 steps.")
          .points("a softmax", "one distribution, sum 1", "only differences of logits matter")
          .kernels("cross_entropy_5x7_mean")
          .expects(Verdict.CONFIRMED);

  private static final int IN = 4;
  private static final int CLASSES = 4;
  private static final int ROWS = 3000;
  private static final int STEPS = 100;
  private static final int REPEATS = 3;
  private static final int SHOWN = 300;
  private static final double SHIFT = 7;

  /** Distributions that were learnt, and those that are so. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Fit(double[] said, double[] truth) {
    /** Mean total variation: half the sum of all differences. */
    double error(double[] p) {
      double sum = 0;
      for (int i = 0; i < p.length; i++) {
        sum += Math.abs(p[i] - truth[i]);
      }
      return sum / 2 / ROWS;
    }

    double[] renormalised() {
      double[] p = said.clone();
      forEachRow(p, (from, sum) -> scale(p, from, 1 / sum));
      return p;
    }

    double[] decided() {
      double[] p = said.clone();
      forEachRow(
          p,
          (from, sum) -> {
            double best = Arrays.stream(said, from, from + CLASSES).max().orElseThrow();
            for (int i = from; i < from + CLASSES; i++) {
              p[i] = said[i] == best ? 1 : 0;
            }
          });
      return p;
    }

    double sumError() {
      double[] worst = new double[1];
      forEachRow(said, (from, sum) -> worst[0] = Math.max(worst[0], Math.abs(sum - 1)));
      return worst[0];
    }

    private interface Row {
      void accept(int from, double sum);
    }

    private static void forEachRow(double[] p, Row row) {
      for (int from = 0; from < p.length; from += CLASSES) {
        row.accept(from, Arrays.stream(p, from, from + CLASSES).sum());
      }
    }

    private static void scale(double[] p, int from, double factor) {
      for (int i = from; i < from + CLASSES; i++) {
        p[i] *= factor;
      }
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Fit> softmax = trial.repeats(REPEATS).stream().map(d -> fit(d, true)).toList();
    List<Fit> sigmoids = trial.repeats(REPEATS).stream().map(d -> fit(d, false)).toList();
    Criterion close = Criterion.below("mean total variation to the true distribution", 0.045);
    Spread own = Spread.over(softmax, fit -> fit.error(fit.said()));
    Spread each = Spread.over(sigmoids, fit -> fit.error(fit.renormalised()));
    Spread hard = Spread.over(softmax, fit -> fit.error(fit.decided()));
    findings.number("total variation, softmax", own);
    findings.number("total variation, sigmoids, sum made 1", each);
    findings.number("total variation, all on the likeliest class", hard);
    findings.shows(close, "softmax", own.median());
    findings.control(close, "one sigmoid per class, sum made 1", each.median());
    findings.control(close, "all on the likeliest class", hard.median());

    Criterion one = Criterion.below("largest distance of Σp from 1", 1e-12);
    findings.shows(one, "softmax", Spread.over(softmax, Fit::sumError).median());
    findings.control(one, "one sigmoid per class", Spread.over(sigmoids, Fit::sumError).median());

    double[] z = trial.draws().normals(10 * CLASSES, 2);
    double[] shifted = Arrays.stream(z).map(v -> v + SHIFT).toArray();
    Criterion unmoved = Criterion.below("largest change of p when 7 is added to all logits", 1e-12);
    findings.shows(unmoved, "softmax", Vectors.farthest(outputs(z, true), outputs(shifted, true)));
    findings.control(
        unmoved, "sigmoids", Vectors.farthest(outputs(z, false), outputs(shifted, false)));
    findings.picture(
        new Chart.Plot(
            "Probability of a class",
            Axis.linear("true"),
            Axis.linear("learnt"),
            List.of(
                dots("softmax", softmax.getFirst().said(), softmax.getFirst().truth()),
                dots("sigmoids", sigmoids.getFirst().said(), sigmoids.getFirst().truth()))));
    return findings;
  }

  private static Series dots(String name, double[] said, double[] truth) {
    return new Series(
        name,
        Series.Style.POINTS,
        IntStream.range(0, SHOWN).mapToObj(i -> Point.of(truth[i], said[i])).toList());
  }

  private static double[] outputs(double[] logits, boolean softmax) {
    return outputs(new Tape().constant(logits, logits.length / CLASSES, CLASSES), softmax);
  }

  private static double[] outputs(Variable z, boolean softmax) {
    return (softmax ? SoftmaxFormula.softmax(z) : ActivationFormula.SIGMOID.apply(z)).values();
  }

  private static Fit fit(Draws draws, boolean softmax) {
    Dense teacher = Dense.draw(draws.child("teacher"), Init.gain(2), IN, CLASSES);
    double[] x = draws.child("inputs").normals(ROWS * IN, 1);
    double[] truth = outputs(teacher.apply(new Tape().constant(x, ROWS, IN)), true);
    Draws choices = draws.child("choices");
    int[] classes = new int[ROWS];
    for (int r = 0; r < ROWS; r++) {
      double left = choices.uniform(0, 1);
      int k = 0;
      while (k < CLASSES - 1 && left >= truth[r * CLASSES + k]) {
        left -= truth[r * CLASSES + k++];
      }
      classes[r] = k;
    }
    double[] oneHot = OneHot.of(CLASSES, classes);
    Dense layer = Dense.draw(draws.child("layer"), Init.lecun(), IN, CLASSES);
    Training.run(
        Descent.adam(0.1),
        layer.leaves(),
        STEPS,
        (tape, step) -> {
          Variable z = layer.apply(tape.constant(x, ROWS, IN));
          return softmax
              ? CrossEntropyFormula.mean().loss(z, classes).loss()
              : Primitives.mean(BceWithLogitsFormula.elements(z, oneHot, null, null));
        });
    return new Fit(outputs(layer.apply(new Tape().constant(x, ROWS, IN)), softmax), truth);
  }

  @Override
  public List<Item> items(Draws draws) {
    int shift = draws.between(2, 9);
    return List.of(
        Choice.of(
            "%d is added to every logit. What becomes of the softmax?".formatted(shift),
            "it stays as it was",
            new Wrong(
                "it grows by e^%d".formatted(shift), "the sum in the denominator grows alike"),
            new Wrong("it becomes more peaked", "that is what a factor above 1 does"),
            new Wrong("it moves by %d as well".formatted(shift), "probabilities stay below 1")));
  }
}
