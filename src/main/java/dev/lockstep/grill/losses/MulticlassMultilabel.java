package dev.lockstep.grill.losses;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** One class of several, or several at once: softmax or a sigmoid for each. */
public final class MulticlassMultilabel implements Lab {
  private static final Question QUESTION =
      Question.number(16, "multiclass-multilabel", Topic.LOSSES)
          .asks("How do the outputs for several classes and for several labels differ?")
          .formula(
              "softmax: Σpₖ = 1; sigmoids: each pₖ in (0, 1) on its own",
              "\\text{softmax: } \\sum_k p_k = 1;\\qquad \\text{sigmoids: each } p_k \\in (0, 1)"
                  + " \\text{ on its own}")
          .answer(
              "Classes that exclude each other: one softmax with cross-entropy. Labels of which"
                  + " several may hold: a sigmoid with binary cross-entropy for each.")
          .but("With two true labels the smaller softmax probability cannot exceed a half.")
          .experiment(
              "Five labels that are signs of linear functions of 10 numbers, and one class that is"
                  + " the largest of five; a linear layer, 512 examples, Adam, 150 steps.")
          .points(
              "exclusive classes: softmax and cross-entropy",
              "independent labels: sigmoids and binary cross-entropy",
              "softmax probabilities share a sum of 1")
          .kernels("cross_entropy_5x7_mean")
          .expects(Verdict.CONFIRMED);

  private static final int IN = 10;
  private static final int LABELS = 5;
  private static final int ROWS = 512;
  private static final int STEPS = 150;
  private static final int REPEATS = 3;
  private static final int BINS = 20;

  /** Probabilities of test examples, and what is true of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Answers(double[] p, double[] truth) {
    /** Share of examples of which every label is right. */
    double exact(double threshold) {
      return rows(
          r -> {
            for (int k = r * LABELS; k < (r + 1) * LABELS; k++) {
              if (p[k] > threshold != truth[k] > 0.5) {
                return 0;
              }
            }
            return 1;
          });
    }

    double bestExact() {
      return IntStream.range(1, 50).mapToDouble(t -> exact(t / 50.0)).max().orElseThrow();
    }

    /** Share of examples whose largest probability is of a true label. */
    double top() {
      return rows(
          r -> {
            int best = r * LABELS;
            for (int k = best; k < (r + 1) * LABELS; k++) {
              best = p[k] > p[best] ? k : best;
            }
            return truth[best];
          });
    }

    double distanceOfSum() {
      return rows(r -> Math.abs(Arrays.stream(row(r)).sum() - 1));
    }

    double[] seconds() {
      return IntStream.range(0, p.length / LABELS)
          .mapToDouble(r -> Arrays.stream(row(r)).sorted().toArray()[LABELS - 2])
          .toArray();
    }

    private double[] row(int r) {
      return Arrays.copyOfRange(p, r * LABELS, (r + 1) * LABELS);
    }

    private double rows(IntToDoubleFunction each) {
      return IntStream.range(0, p.length / LABELS).mapToDouble(each).average().orElseThrow();
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(REPEATS);
    List<Answers> sigmoid = repeats.stream().map(d -> learn(d, false, false)).toList();
    List<Answers> softmax = repeats.stream().map(d -> learn(d, false, true)).toList();
    List<Answers> sigmoidOne = repeats.stream().map(d -> learn(d, true, false)).toList();
    List<Answers> softmaxOne = repeats.stream().map(d -> learn(d, true, true)).toList();

    Criterion exact = Criterion.above("share of examples with all five labels right", 0.7);
    Spread own = Spread.over(sigmoid, a -> a.exact(0.5));
    Spread half = Spread.over(softmax, a -> a.exact(0.5));
    Spread best = Spread.over(softmax, Answers::bestExact);
    findings.number("all labels right, sigmoids", own);
    findings.number("all labels right, softmax above 1/2", half);
    findings.number("all labels right, softmax, best threshold", best);
    findings.shows(exact, "sigmoids", own.median());
    findings.control(exact, "softmax above 1/2", half.median());
    findings.control(exact, "softmax above the best threshold", best.median());

    Criterion bound = Criterion.below("largest second probability", 0.5);
    double second =
        Spread.over(softmax, a -> Arrays.stream(a.seconds()).max().orElseThrow()).most();
    findings.number("largest second probability of a softmax", second);
    findings.shows(bound, "softmax", second);
    findings.control(
        bound,
        "sigmoids",
        Spread.over(sigmoid, a -> Arrays.stream(a.seconds()).max().orElseThrow()).median());

    Spread class1 = Spread.over(softmaxOne, Answers::top);
    Spread class2 = Spread.over(sigmoidOne, Answers::top);
    findings.number("one class of five right, softmax", class1);
    findings.number("one class of five right, sigmoids", class2);
    Criterion ahead = Criterion.above("share right with softmax, less that with sigmoids", 0);
    findings.shows(ahead, "one class of five", class1.median() - class2.median());
    findings.control(ahead, "five labels", half.median() - own.median());
    Criterion sum = Criterion.below("mean distance of Σp from 1", 1e-12);
    Spread off = Spread.over(sigmoidOne, Answers::distanceOfSum);
    findings.number("distance of Σp from 1, sigmoids on one class of five", off);
    findings.shows(sum, "softmax", Spread.over(softmaxOne, Answers::distanceOfSum).median());
    findings.control(sum, "sigmoids", off.median());
    findings.picture(
        new Chart.Plot(
            "Second largest probability of an example with five labels",
            Axis.linear("p"),
            Axis.linear("share of examples"),
            List.of(
                histogram("sigmoids", sigmoid.getFirst().seconds()),
                histogram("softmax", softmax.getFirst().seconds()))));
    return findings;
  }

  private static Series histogram(String name, double[] values) {
    double[] shares = new double[BINS];
    for (double value : values) {
      shares[Math.min(BINS - 1, (int) (value * BINS))] += 1.0 / values.length;
    }
    return Series.line(
        name,
        IntStream.range(0, BINS).mapToObj(b -> Point.of((b + 0.5) / BINS, shares[b])).toList());
  }

  /** Draws a task, learns it, and answers as many new examples. */
  private static Answers learn(Draws draws, boolean exclusive, boolean softmax) {
    double[] teacher = draws.child("teacher").normals(LABELS * IN, 1);
    double[] x = draws.child("trained").normals(ROWS * IN, 1);
    double[] tested = draws.child("tested").normals(ROWS * IN, 1);
    double[] y = truth(teacher, x, exclusive);
    Dense layer = Dense.draw(draws.child("layer"), Init.lecun(), IN, LABELS);
    double[] shares = shares(y);
    Training.run(
        Descent.adam(0.1),
        layer.leaves(),
        STEPS,
        (tape, step) -> {
          Variable z = layer.apply(tape.constant(x, ROWS, IN));
          return softmax
              ? Primitives.scale(
                  Primitives.sum(
                      Primitives.multiply(
                          SoftmaxFormula.logSoftmax(z), tape.constant(shares, ROWS, LABELS))),
                  -1.0 / ROWS)
              : Primitives.mean(BceWithLogitsFormula.elements(z, y, null, null));
        });
    Variable z = layer.apply(new Tape().constant(tested, ROWS, IN));
    Variable p = softmax ? SoftmaxFormula.softmax(z) : ActivationFormula.SIGMOID.apply(z);
    return new Answers(p.values(), truth(teacher, tested, exclusive));
  }

  /** Which labels hold: those above 0, or only the largest. */
  private static double[] truth(double[] teacher, double[] x, boolean exclusive) {
    Tape tape = new Tape();
    double[] z =
        LinearFormula.linear(tape.constant(x, ROWS, IN), tape.constant(teacher, LABELS, IN), null)
            .values();
    double[] y = new double[z.length];
    for (int r = 0; r < ROWS; r++) {
      int from = r * LABELS;
      double largest = Arrays.stream(z, from, from + LABELS).max().orElseThrow();
      for (int k = from; k < from + LABELS; k++) {
        y[k] = (exclusive ? z[k] == largest : z[k] > 0) ? 1 : 0;
      }
    }
    return y;
  }

  /** The labels of each example with sum 1, or none. */
  private static double[] shares(double[] y) {
    double[] shares = y.clone();
    for (int from = 0; from < y.length; from += LABELS) {
      double sum = Math.max(1, Arrays.stream(y, from, from + LABELS).sum());
      for (int k = from; k < from + LABELS; k++) {
        shares[k] /= sum;
      }
    }
    return shares;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int labels = d.between(3, 7);
              return Calculation.of(
                      "%d labels are true at once. The most a softmax can give to each of them?"
                          .formatted(labels),
                      1.0 / labels,
                      Closeness.NEAR)
                  .slip(1, "the probabilities of a softmax share a sum of 1")
                  .slip(0.5, "that is for two labels")
                  .slip((labels - 1.0) / labels, "that is what remains for all the others");
            }),
        Choice.of(
            "A picture may show a cat, a dog, both or neither. Which output fits?",
            "two sigmoids with binary cross-entropy",
            new Wrong("a softmax over cat and dog", "it can say neither both nor neither"),
            new Wrong("a softmax, each above one half", "two probabilities above 1/2 exceed 1"),
            new Wrong("one sigmoid, cat against dog", "it says which of the two, never both")));
  }
}
