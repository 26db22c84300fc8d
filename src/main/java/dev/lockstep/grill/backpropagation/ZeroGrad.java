package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Gradients that are never set to zero are momentum of 1. */
public final class ZeroGrad implements Lab {
  private static final Question QUESTION =
      Question.number(22, "zero-grad", Topic.BACKPROPAGATION)
          .asks("Why are gradients set to zero before each step?")
          .formula(
              "forgotten: gₜ = gₜ₋₁ + ∇L(wₜ), wₜ₊₁ = wₜ − η gₜ, momentum of 1",
              "g_t = g_{t-1} + \\nabla L(w_t),\\qquad w_{t+1} = w_t - \\eta\\, g_t")
          .answer(
              "Backward adds to the gradients that are there, which is what makes accumulation over"
                  + " several batches possible. Without zeroing, every step goes by the sum of all"
                  + " gradients so far.")
          .but(
              "That sum is momentum of exactly 1: on a quadratic it swings for ever, and need not"
                  + " blow up. Zeroing may stand anywhere between the step and the next backward.")
          .experiment(
              "Gradients of three batches; a quadratic of ten curvatures from 0.1 to 1, 400 steps"
                  + " at η = 0.3.")
          .points(
              "backward adds, it does not overwrite",
              "that allows batches to be accumulated",
              "forgotten zeroing is momentum of 1, which does not converge")
          .expects(Verdict.CONFIRMED);

  private static final int SIZE = 10;
  private static final int STEPS = 400;
  private static final int LAST = 100;
  private static final double RATE = 0.3;
  private static final int SHOWN = 120;

  /** Losses of a descent and the path of its first and last coordinate. */
  private record Path(double[] losses, List<double[]> places) {
    double end() {
      return losses[STEPS - 1] / losses[0];
    }

    double meanOfLast() {
      return Training.end(losses, LAST) / losses[0];
    }

    double farthest(Path other) {
      double largest = 0;
      for (int i = 0; i < STEPS; i++) {
        largest = Math.max(largest, Vectors.farthest(places.get(i), other.places.get(i)));
      }
      return largest;
    }

    Series series(String name) {
      return Series.line(
          name, places.stream().limit(SHOWN).map(w -> Point.of(w[SIZE - 1], w[0])).toList());
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    accumulation(findings, trial.draws().child("batches"));
    double[] start = trial.draws().normals(SIZE, 1);
    Path zeroed = descend(start, Descent.sgd(RATE), true);
    Path forgotten = descend(start, Descent.sgd(RATE), false);
    Path heavy = descend(start, Descent.sgd(RATE, 1, 0), true);
    Path usual = descend(start, Descent.sgd(RATE, 0.9, 0), true);

    findings.number("loss at the end over loss at the start, zeroed", zeroed.end());
    findings.number("mean loss of the last 100 steps, forgotten", forgotten.meanOfLast());
    findings.number("mean loss of the last 100 steps, momentum 0.9", usual.meanOfLast());
    Criterion converges = Criterion.below("loss after 400 steps over loss at the start", 1e-9);
    findings.shows(converges, "zeroed", zeroed.end());
    findings.control(converges, "forgotten", forgotten.end());
    Criterion swings =
        Criterion.between("mean loss of the last 100 steps over the first loss", 0.2, 1);
    findings.shows(swings, "forgotten", forgotten.meanOfLast());
    findings.control(swings, "momentum 0.9", usual.meanOfLast());
    Criterion equal = Criterion.exactly("largest distance from the path of momentum 1", 0);
    findings.shows(equal, "forgotten", forgotten.farthest(heavy));
    findings.control(equal, "momentum 0.9", usual.farthest(heavy));
    findings.picture(
        new Chart.Plot(
            "The steepest and the flattest coordinate, 120 steps",
            Axis.linear("coordinate of curvature 1"),
            Axis.linear("coordinate of curvature 0.1"),
            List.of(zeroed.series("zeroed"), forgotten.series("forgotten"))));
    findings.picture(
        new Chart.Plot(
            "Loss",
            Axis.linear("step"),
            Axis.log("loss"),
            List.of(
                Series.steps("zeroed", zeroed.losses()),
                Series.steps("forgotten", forgotten.losses()))));
    return findings;
  }

  private static void accumulation(Findings findings, Draws draws) {
    Leaf w = new Leaf("w", draws.normals(SIZE, 1), 1, SIZE);
    double[] sum = new double[SIZE];
    double[] last = new double[SIZE];
    List<double[]> batches = IntStream.range(0, 3).mapToObj(i -> draws.normals(SIZE, 1)).toList();
    for (double[] batch : batches) {
      w.zeroGradient();
      backward(w, batch);
      last = w.gradient().clone();
      for (int i = 0; i < SIZE; i++) {
        sum[i] += last[i];
      }
    }
    w.zeroGradient();
    batches.forEach(batch -> backward(w, batch));
    Criterion adds = Criterion.below("relative distance from the sum of three gradients", 1e-14);
    findings.shows(adds, "three calls", Vectors.relativeError(w.gradient(), sum));
    findings.control(adds, "the last gradient", Vectors.relativeError(last, sum));
  }

  private static void backward(Leaf w, double[] batch) {
    Tape tape = new Tape();
    Variable product = Primitives.multiply(tape.variable(w), tape.constant(batch, 1, SIZE));
    tape.reverse(Primitives.sum(ActivationFormula.TANH.apply(product)));
  }

  private static Path descend(double[] start, Descent descent, boolean zeroed) {
    double[] halfCurvatures = new double[SIZE];
    Arrays.setAll(halfCurvatures, i -> 0.05 * (1 + 9.0 * i / (SIZE - 1)));
    Leaf w = new Leaf("w", start.clone(), 1, SIZE);
    double[] losses = new double[STEPS];
    List<double[]> places = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      places.add(w.values().clone());
      Tape tape = new Tape();
      Variable at = tape.variable(w);
      Variable loss =
          Primitives.sum(
              Primitives.multiply(
                  tape.constant(halfCurvatures, 1, SIZE), Primitives.multiply(at, at)));
      tape.reverse(loss);
      losses[step] = loss.scalar();
      descent.step(List.of(w));
      if (zeroed) {
        w.zeroGradient();
      }
    }
    return new Path(losses, places);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int steps = d.between(3, 8);
              int rate = d.between(1, 5);
              return Calculation.of(
                      ("The gradient is 1 at every step, the learning rate 0.0%d, and gradients are"
                              + " never set to zero. How far do %d steps go?")
                          .formatted(rate, steps),
                      rate * steps * (steps + 1) / 200.0,
                      Closeness.EXACT)
                  .slip(rate * steps / 100.0, "that is with zeroing")
                  .slip(rate / 100.0, "that is one step")
                  .slip(Double.POSITIVE_INFINITY, "a sum of so many gradients is finite");
            }));
  }
}
