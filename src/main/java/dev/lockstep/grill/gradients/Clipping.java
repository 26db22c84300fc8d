package dev.lockstep.grill.gradients;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Clipping by the global norm, beside clipping by value and by tensor. */
public final class Clipping implements Lab {
  private static final Question QUESTION =
      Question.number(33, "gradient-clipping", Topic.GRADIENTS)
          .asks("What does gradient clipping do, and by which norm?")
          .formula(
              "g ← g · min(1, c / ‖g‖₂), the norm over all parameters;  by value: clamp each entry",
              "g \\leftarrow g \\cdot \\min\\left(1, \\frac{c}{\\lVert g \\rVert_2}\\right)")
          .answer(
              "Where the norm of all gradients together exceeds a bound, they are scaled down to"
                  + " it: a long step becomes a short one in the same direction.")
          .but(
              "Clamping entries or scaling tensor by tensor bends the direction. And Adam cancels a"
                  + " constant factor, so that there clipping acts on spikes alone.")
          .experiment(
              "1200 entries in three tensors of different size; linear regression of 8 weights in"
                  + " which one batch of 300 has targets 1000 times too large, with SGD and Adam.")
          .points(
              "one norm over all parameters, compared with a bound",
              "above it every gradient is multiplied by bound / norm",
              "the direction stays, unlike when entries are clamped")
          .kernels("clip_grad_norm_above_2.0_6t")
          .expects(Verdict.CONFIRMED);

  private static final int EACH = 400;
  private static final double[] SCALES = {1, 0.3, 3};
  private static final int WEIGHTS = 8;
  private static final int BATCH = 16;
  private static final int STEPS = 300;
  private static final int SPIKE = 150;
  private static final double NEVER = Double.POSITIVE_INFINITY;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    directions(findings, trial.draws().child("directions"));
    spike(findings, trial);
    constant(findings, trial.draws());
    return findings;
  }

  private static void directions(Findings findings, Draws draws) {
    List<double[]> g = Arrays.stream(SCALES).mapToObj(s -> draws.normals(EACH, s)).toList();
    double bound = 1;
    List<double[]> global = ClipFormula.scaled(g, ClipFormula.factor(ClipFormula.norm(g), bound));
    List<double[]> clamped = each(g, t -> ClipFormula.clamped(t, 0.3));
    List<double[]> byTensor =
        each(
            g,
            t ->
                ClipFormula.scaled(List.of(t), ClipFormula.factor(Vectors.norm(t), bound))
                    .getFirst());
    Criterion direction = Criterion.below("1 − cosine to the gradient", 1e-12);
    Criterion length = Criterion.below("norm", bound);
    findings.number("cosine, by value", cosine(clamped, g));
    findings.number("cosine, by tensor", cosine(byTensor, g));
    findings.shows(direction, "by global norm", 1 - cosine(global, g));
    findings.control(direction, "by value", 1 - cosine(clamped, g));
    findings.control(direction, "by tensor", 1 - cosine(byTensor, g));
    findings.shows(length, "by global norm", ClipFormula.norm(global));
    findings.control(length, "not clipped", ClipFormula.norm(g));
  }

  private static List<double[]> each(List<double[]> g, UnaryOperator<double[]> change) {
    return g.stream().map(change).toList();
  }

  private static double cosine(List<double[]> a, List<double[]> b) {
    double dot = 0;
    for (int t = 0; t < a.size(); t++) {
      for (int i = 0; i < a.get(t).length; i++) {
        dot += a.get(t)[i] * b.get(t)[i];
      }
    }
    return dot / (ClipFormula.norm(a) * ClipFormula.norm(b));
  }

  private static void spike(Findings findings, Trial trial) {
    List<Draws> repeats = trial.repeats(3);
    Criterion small = Criterion.below("largest error after the spike", 0.15);
    Criterion thrown = Criterion.above("largest error after the spike", 10);
    Spread sgdClipped = after(repeats, false, 1);
    Spread sgd = after(repeats, false, NEVER);
    Spread adamClipped = after(repeats, true, 1);
    Spread adam = after(repeats, true, NEVER);
    findings.number("largest error, SGD clipped", sgdClipped);
    findings.number("largest error, SGD", sgd);
    findings.number("largest error, Adam clipped", adamClipped);
    findings.number("largest error, Adam", adam);
    findings.shows(small, "SGD, clipped", sgdClipped.median());
    findings.control(small, "SGD, not clipped", sgd.median());
    findings.shows(thrown, "SGD, not clipped", sgd.median());
    findings.control(thrown, "SGD, clipped", sgdClipped.median());
    findings.shows(small, "Adam, clipped", adamClipped.median());
    findings.control(small, "Adam, not clipped", adam.median());
    Draws draws = repeats.getFirst();
    findings.picture(
        new Chart.Plot(
            "One batch of targets 1000 times too large",
            Axis.linear("step"),
            Axis.log("distance to the true weights, relative"),
            List.of(
                Series.steps("SGD, clipped", errors(draws, false, 1, 1)),
                Series.steps("SGD", errors(draws, false, NEVER, 1)),
                Series.steps("Adam, clipped", errors(draws, true, 1, 1)),
                Series.steps("Adam", errors(draws, true, NEVER, 1)))));
  }

  private static Spread after(List<Draws> repeats, boolean adam, double bound) {
    return Spread.over(
        repeats,
        draws -> Arrays.stream(errors(draws, adam, bound, 1)).skip(SPIKE + 1).max().orElseThrow());
  }

  private static void constant(Findings findings, Draws draws) {
    Criterion cancels = Criterion.below("change of the path from gradients times 0.01", 1e-6);
    double adam = pathChange(draws, true);
    double sgd = pathChange(draws, false);
    findings.number("change of the path, Adam", adam);
    findings.number("change of the path, SGD", sgd);
    findings.shows(cancels, "Adam", adam);
    findings.control(cancels, "SGD", sgd);
  }

  private static double pathChange(Draws draws, boolean adam) {
    double[] plain = errors(draws, adam, NEVER, 1);
    double[] scaled = errors(draws, adam, NEVER, 0.01);
    double most = 0;
    for (int i = 0; i < SPIKE; i++) {
      most = Math.max(most, Math.abs(plain[i] - scaled[i]));
    }
    return most;
  }

  /** How far the weights are from the true ones, before each step. */
  private static double[] errors(Draws draws, boolean adam, double bound, double factor) {
    Draws batches = draws.child("batches");
    double[] truth = draws.child("truth").normals(WEIGHTS, 1);
    Leaf weights = new Leaf("w", new double[WEIGHTS], WEIGHTS);
    Descent descent =
        adam ? Descent.adam(0.05, new AdamFormula(0.9, 0.999, 1e-12, false), 0) : Descent.sgd(0.05);
    double[] errors = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      errors[step] = distance(weights.values(), truth);
      double[] g = gradient(batches, weights.values(), truth, step == SPIKE ? 1000 : 1);
      double clip = ClipFormula.factor(Vectors.norm(g), bound) * factor;
      Arrays.setAll(weights.gradient(), i -> g[i] * clip);
      descent.step(List.of(weights));
    }
    return errors;
  }

  private static double distance(double[] w, double[] truth) {
    return Vectors.relativeError(w, truth);
  }

  /** Of the mean squared error of one batch. */
  private static double[] gradient(Draws draws, double[] w, double[] truth, double scale) {
    double[] g = new double[WEIGHTS];
    for (int b = 0; b < BATCH; b++) {
      double[] x = draws.normals(WEIGHTS, 1);
      double error = 0;
      for (int i = 0; i < WEIGHTS; i++) {
        error += x[i] * (w[i] - scale * truth[i]);
      }
      for (int i = 0; i < WEIGHTS; i++) {
        g[i] += 2 * error * x[i] / BATCH;
      }
    }
    return g;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double a = d.between(2, 9);
              double b = d.between(2, 9);
              double c = d.between(1, 3);
              double norm = Math.hypot(a, b);
              double most = Math.max(a, b);
              return Calculation.of(
                      "g = (%.0f, %.0f), clipped to a norm of %.0f: what is left?"
                          .formatted(a, b, c),
                      norm > c ? List.of(a * c / norm, b * c / norm) : List.of(a, b))
                  .slip(List.of(Math.min(a, c), Math.min(b, c)), "that clamps each entry")
                  .slip(List.of(a * c / (a + b), b * c / (a + b)), "that is the sum, not the norm")
                  .slip(List.of(a * c / most, b * c / most), "that is the largest entry");
            }),
        new Derivation(
            "Gradient g, its norm above c. Type what clipping by the global norm makes of it.",
            "g * (c / normF(g))",
            List.of(new Input("g", 4, 1, d -> d.uniform(2, 5)), Input.positive("c")),
            drawn -> {
              Matrix g = drawn.get("g");
              double c = drawn.number("c");
              double squares = Arrays.stream(g.values()).map(v -> v * v).sum();
              return new Matrix(
                  g.rows(),
                  g.columns(),
                  Arrays.stream(g.values()).map(v -> v * c / Math.sqrt(squares)).toArray());
            }));
  }
}
