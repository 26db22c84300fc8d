package dev.lockstep.grill.training;

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
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Norms;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** When micro-batches add up to the gradient of the whole batch, and when they do not. */
public final class GradientAccumulation implements Lab {
  private static final Question QUESTION =
      Question.number(38, "gradient-accumulation", Topic.TRAINING)
          .asks("What is gradient accumulation, and is it the same as a large batch?")
          .formula(
              "g = Σᵢ (nᵢ / n) gᵢ",
              "\\nabla L = \\sum_i \\frac{n_i}{n} \\nabla L_i, \\qquad n = \\sum_i n_i")
          .answer(
              "Gradients of several micro-batches are added up before one step; with each loss"
                  + " divided by their number it is the gradient of the large batch.")
          .but(
              "Dividing by the number is right for equal sizes alone: unequal ones, or unequal"
                  + " token counts, need the weights nᵢ/n. And batch norm sees the micro-batch.")
          .experiment(
              "8-16-1 with 32 examples at once, as four of 8, and as 26 + 2 + 2 + 2; without a"
                  + " norm, with layer norm and with batch norm.")
          .points(
              "sum gradients over micro-batches, then step once",
              "divide each mean loss by the number of micro-batches, or weigh by nᵢ/n",
              "not the same with layers that look across the batch, as batch norm does")
          .expects(Verdict.CONFIRMED);

  private static final int BATCH = 32;
  private static final int INPUTS = 8;
  private static final int HIDDEN = 16;
  private static final int[] WHOLE = {BATCH};
  private static final int[] EQUAL = {8, 8, 8, 8};
  private static final int[] UNEQUAL = {26, 2, 2, 2};

  /** A way to accumulate. */
  private record Arm(
      String name, int[] sizes, UnaryOperator<Variable> norm, IntToDoubleFunction weight) {}

  private static final List<Arm> RIGHT =
      List.of(
          new Arm("four of 8", EQUAL, x -> x, size -> 1.0 / 4),
          new Arm("unequal, weighted", UNEQUAL, x -> x, size -> size / (double) BATCH),
          new Arm("layer norm", EQUAL, Norms::layer, size -> 1.0 / 4));

  private static final List<Arm> WRONG =
      List.of(
          new Arm("not divided", EQUAL, x -> x, size -> 1),
          new Arm("unequal, mean of means", UNEQUAL, x -> x, size -> 1.0 / 4),
          new Arm("batch norm", EQUAL, GradientAccumulation::batchNorm, size -> 1.0 / 4));

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion exact = Criterion.below("relative error of the gradient", 1e-13);
    Criterion large = Criterion.above("relative error of the gradient", 0.1);
    List<String> names = new ArrayList<>();
    List<Double> medians = new ArrayList<>();
    for (Arm arm : Stream.concat(RIGHT.stream(), WRONG.stream()).toList()) {
      Spread error = Spread.over(trial.repeats(5), draws -> error(draws, arm));
      findings.number("error, " + arm.name(), error);
      names.add(arm.name());
      medians.add(error.median());
      if (RIGHT.contains(arm)) {
        findings.shows(exact, arm.name(), error.median());
        findings.control(large, arm.name(), error.median());
      } else {
        findings.control(exact, arm.name(), error.median());
        findings.shows(large, arm.name(), error.median());
      }
    }
    findings.picture(
        new Chart.Plot(
            "Accumulated against whole",
            Axis.linear("arm"),
            Axis.log("relative error of the gradient"),
            List.of(
                Figures.labelled(
                    "median of 5", names, medians.stream().mapToDouble(m -> m).toArray()))));
    return findings;
  }

  private static double error(Draws draws, Arm arm) {
    double[] whole = gradient(draws, WHOLE, arm.norm(), size -> 1);
    double[] accumulated = gradient(draws, arm.sizes(), arm.norm(), arm.weight());
    return Vectors.relativeError(accumulated, whole);
  }

  /** The gradient accumulated over micro-batches of those sizes. */
  private static double[] gradient(
      Draws draws, int[] sizes, UnaryOperator<Variable> norm, IntToDoubleFunction weight) {
    Draws own = draws.child("network");
    Dense first = Dense.draw(own, Init.xavier(), INPUTS, HIDDEN);
    Dense second = Dense.draw(own, Init.xavier(), HIDDEN, 1);
    double[] inputs = draws.child("inputs").normals(BATCH * INPUTS, 1);
    double[] targets = draws.child("targets").normals(BATCH, 1);
    int from = 0;
    for (int size : sizes) {
      int to = from + size;
      Tape tape = new Tape();
      Variable x =
          tape.constant(Arrays.copyOfRange(inputs, from * INPUTS, to * INPUTS), size, INPUTS);
      Variable h = ActivationFormula.TANH.apply(norm.apply(first.apply(x)));
      Variable target = tape.constant(Arrays.copyOfRange(targets, from, to), size, 1);
      Variable loss = Primitives.mean(SquaredErrorFormula.elements(second.apply(h), target));
      tape.reverse(Primitives.scale(loss, weight.applyAsDouble(size)));
      from = to;
    }
    return Stream.of(first, second)
        .flatMap(layer -> layer.leaves().stream())
        .map(Leaf::gradient)
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  /** Over the batch instead of over the features. */
  private static Variable batchNorm(Variable x) {
    return Views.transpose(Norms.layer(Views.transpose(x)));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int many = 10 * d.between(5, 9);
              int few = 100 - many;
              int low = d.between(1, 4);
              int high = low + d.between(1, 4);
              return Calculation.of(
                      "Micro-batches of %d and %d tokens have mean losses %d and %d: the mean over all?"
                          .formatted(many, few, low, high),
                      (many * low + few * high) / 100.0,
                      Closeness.NEAR)
                  .slip(
                      (low + high) / 2.0,
                      "the mean of means counts every token of the small one more")
                  .slip(low + high, "adds the losses up")
                  .slip(low, "takes the larger micro-batch alone");
            }));
  }
}
