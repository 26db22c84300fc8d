package dev.lockstep.grill.basics;

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
import dev.lockstep.grill.toy.LeastSquares;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;

/** A function for which depth saves exponentially many units, and networks that do not use it. */
public final class DepthVersusWidth implements Lab {
  private static final Question QUESTION =
      Question.number(4, "depth-vs-width", Topic.BASICS)
          .asks("Why go deeper rather than wider?")
          .formula(
              "tent(x) = 2 relu(x) − 4 relu(x − ½); its k-fold composition has 2ᵏ pieces with 2k"
                  + " units",
              "t(x) = 2\\operatorname{relu}(x) - 4\\operatorname{relu}(x - \\tfrac12),\\quad"
                  + " t^{\\circ k}\\text{ has } 2^k \\text{ pieces with } 2k \\text{ units}")
          .answer(
              "Composition multiplies the pieces of a piecewise linear function, addition only adds"
                  + " them: a shallow network may need exponentially many more units.")
          .but(
              "\"May\": such functions exist (Telgarsky 2016). Networks as they are drawn have"
                  + " about as many pieces as units, deep or shallow (Hanin and Rolnick 2019).")
          .experiment(
              "The tent composed six times, 12 units; least-squares fits of it by one layer of 12"
                  + " to 64 units; pieces of random He networks of 96 units in 1, 6 and 12 layers.")
          .points(
              "composing multiplies linear pieces, widening adds them",
              "one hidden layer of m units on a line has at most m + 1 pieces",
              "it is a statement of existence: typical networks do not have so many pieces")
          .expects(Verdict.CORRECTED);

  private static final int FOLDS = 6;
  private static final int GRID = 2048;
  private static final int UNITS = 96;
  private static final int FINE = 4096;
  private static final double RANGE = 4;
  private static final double BIAS = 0.5;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    int pieces = pieces(FOLDS);
    findings.number("pieces of the tent composed six times", pieces);
    Criterion exponential = Criterion.exactly("linear pieces with 12 units", 1 << FOLDS);
    findings.shows(exponential, "composed tents", pieces);
    findings.control(exponential, "random network of 6 layers of 2", random(trial.draws(), 2, 6));
    shallow(findings);
    typical(findings, trial);
    List<Series> tents = new ArrayList<>();
    for (int k = 1; k <= FOLDS; k += 2) {
      List<Series.Point> points = new ArrayList<>();
      for (int i = 0; i <= 2 << FOLDS; i++) {
        double x = i / (double) (2 << FOLDS);
        points.add(Series.Point.of(x, tent(x, k)));
      }
      tents.add(Series.line("composed %d times".formatted(k), points));
    }
    findings.picture(new Chart.Plot("Tents", Axis.linear("x"), Axis.linear("y"), tents));
    return findings;
  }

  private static void shallow(Findings findings) {
    Criterion fails = Criterion.above("root mean squared error of one hidden layer", 0.28);
    Criterion fits = Criterion.below("root mean squared error of one hidden layer", 1e-10);
    List<Series.Point> curve = new ArrayList<>();
    for (int units : List.of(12, 24, 48, 62, 64)) {
      double error = shallowError(units);
      findings.number("one layer of %d units, error".formatted(units), error);
      curve.add(Series.Point.of(units, error));
      String arm = "%d units".formatted(units);
      if (units <= 24) {
        findings.shows(fails, arm, error);
      } else if (units < 64) {
        findings.control(fits, arm, error);
      } else {
        findings.shows(fits, arm, error);
        findings.control(fails, arm, error);
      }
    }
    findings.picture(
        new Chart.Plot(
            "One hidden layer fits the tent composed six times",
            Axis.linear("hidden units"),
            Axis.linear("root mean squared error"),
            List.of(Series.line("least squares", curve))));
  }

  private static void typical(Findings findings, Trial trial) {
    Criterion few = Criterion.below("linear pieces per unit", 1.3);
    for (int depth : List.of(1, 6, 12)) {
      Spread pieces = Spread.over(trial.repeats(5), d -> random(d, UNITS / depth, depth));
      findings.number(
          "pieces of random networks, %d layer%s".formatted(depth, depth == 1 ? "" : "s"), pieces);
      findings.corrects(
          few, "random networks, layers: %d".formatted(depth), pieces.median() / UNITS);
    }
    findings.control(few, "composed tents", pieces(FOLDS) / (2.0 * FOLDS));
  }

  private static double tent(double x, int folds) {
    double y = x;
    for (int i = 0; i < folds; i++) {
      y = 2 * Math.max(y, 0) - 4 * Math.max(y - 0.5, 0);
    }
    return y;
  }

  /** Counts slopes that differ from the one before; every number here is exact. */
  private static int pieces(int folds) {
    int pieces = 0;
    double before = Double.NaN;
    for (int i = 0; i < GRID; i++) {
      double slope = GRID * (tent((i + 1.0) / GRID, folds) - tent(i / (double) GRID, folds));
      pieces += slope == before ? 0 : 1;
      before = slope;
    }
    return pieces;
  }

  /** The least error of a hidden layer with evenly placed kinks. */
  private static double shallowError(int units) {
    double[][] features = new double[GRID][units + 1];
    double[] targets = new double[GRID];
    for (int i = 0; i < GRID; i++) {
      double x = i / (double) GRID;
      for (int u = 0; u < units; u++) {
        features[i][u] = Math.max(x - u / (double) units, 0);
      }
      features[i][units] = 1;
      targets[i] = tent(x, FOLDS);
    }
    double[] best = LeastSquares.fit(features, targets);
    double squares = 0;
    for (int i = 0; i < GRID; i++) {
      double off = LeastSquares.value(best, features[i]) - targets[i];
      squares += off * off;
    }
    return Math.sqrt(squares / GRID);
  }

  /** Counts places on a line where some unit of a random He network switches on or off. */
  private static double random(Draws draws, int width, int depth) {
    List<Dense> layers = new ArrayList<>();
    for (int i = 0; i <= depth; i++) {
      Dense drawn = Dense.draw(draws, Init.he(), i == 0 ? 1 : width, i == depth ? 1 : width);
      int out = drawn.bias().count();
      layers.add(new Dense(drawn.weight(), new Leaf("bias", draws.normals(out, BIAS), out)));
    }
    double[] line = new double[FINE];
    for (int i = 0; i < FINE; i++) {
      line[i] = -RANGE + 2 * RANGE * i / (FINE - 1);
    }
    List<Variable> passed =
        new Mlp(layers, ActivationFormula.RELU::apply)
            .trace(new Tape().constant(line, FINE, 1))
            .subList(1, depth + 1);
    int pieces = 1;
    for (int i = 1; i < FINE; i++) {
      pieces += switches(passed, width, i) ? 1 : 0;
    }
    return pieces;
  }

  private static boolean switches(List<Variable> passed, int width, int row) {
    for (Variable h : passed) {
      for (int u = row * width; u < (row + 1) * width; u++) {
        if (h.values()[u] > 0 != h.values()[u - width] > 0) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int k = d.between(5, 12); // at 4 k² would be right
              return Calculation.of(
                      ("The tent map composed %d times, on [0, 1]: how many units does one hidden"
                              + " ReLU layer need at least, without a path past it?")
                          .formatted(k),
                      1 << k,
                      Closeness.EXACT)
                  .slip(2 << k, "two neighbouring pieces share a kink")
                  .slip(2 * k, "that is enough for the deep network")
                  .slip(k * k, "the number of pieces is exponential, not quadratic")
                  .slip(k + 1, "pieces double with each composition, they do not add one");
            }));
  }
}
