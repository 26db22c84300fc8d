package dev.lockstep.grill.activations;

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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Where a dead ReLU unit stays dead, and where it does not. */
public final class DyingRelu implements Lab {
  private static final Question QUESTION =
      Question.number(8, "dying-relu", Topic.ACTIVATIONS)
          .asks("What is a dead ReLU unit, and does it come back?")
          .formula(
              "z(x) ≤ 0 for all data x ⇒ ∂L/∂w = 0 and ∂L/∂b = 0",
              "\\max_x z(x) \\le 0 \\;\\Rightarrow\\; \\frac{\\partial L}{\\partial w} = 0,\\;"
                  + " \\frac{\\partial L}{\\partial b} = 0")
          .answer(
              "A unit whose input is negative for all data has no gradient: it never changes and"
                  + " stays dead. Too large a learning rate kills many.")
          .but(
              "Permanent for certain in the first layer only, whose inputs do not change. Units"
                  + " deeper down come back when the layers below them move.")
          .experiment(
              "sin(Σx) on 128 points, 4-32-32-1: sixteen units of the first or the second layer"
                  + " biased to be just dead, 100 steps of Adam; then learning rates from 0.01 to"
                  + " 0.2.")
          .points(
              "z ≤ 0 on all data: the gradient of the unit's weights and bias is exactly 0",
              "large steps push units there",
              "in the first layer it is permanent; deeper units may be revived from below")
          .expects(Verdict.CORRECTED);

  private static final int POINTS = 128;
  private static final int IN = 4;
  private static final int WIDTH = 32;
  private static final int DEAD = 16;
  private static final int STEPS = 100;
  private static final int REPEATS = 5;
  private static final double MARGIN = 0.02;
  private static final double LEAK = 0.1;
  private static final double ADAM = 0.02;

  /** A network and what it is to learn. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Task(Mlp network, double[] x, double[] y) {
    static Task draw(Draws draws, UnaryOperator<Variable> activation) {
      double[] x = draws.normals(POINTS * IN, 1);
      double[] y = new double[POINTS];
      for (int i = 0; i < POINTS; i++) {
        y[i] = Math.sin(Arrays.stream(x, i * IN, (i + 1) * IN).sum());
      }
      Mlp network = Mlp.draw(draws, Init.he(), activation, IN, WIDTH, WIDTH, 1);
      return new Task(network, x, y);
    }

    void train(Descent descent) {
      Training.run(descent, network.leaves(), STEPS, (tape, step) -> loss(tape));
    }

    private Variable loss(Tape tape) {
      Variable error =
          SquaredErrorFormula.elements(
              network.apply(tape.constant(x, POINTS, IN)), tape.constant(y, POINTS, 1));
      return Primitives.mean(error);
    }

    /** The largest pre-activation of each unit of a layer over all points. */
    double[] highest(int layer) {
      Variable below = network.trace(new Tape().constant(x, POINTS, IN)).get(layer);
      Variable z = network.layers().get(layer).apply(below);
      double[] highest = new double[WIDTH];
      Arrays.fill(highest, Double.NEGATIVE_INFINITY);
      for (int i = 0; i < z.count(); i++) {
        highest[i % WIDTH] = Math.max(highest[i % WIDTH], z.values()[i]);
      }
      return highest;
    }

    /** Lowers the biases of half the units until the highest pre-activation is just below 0. */
    void kill(int layer) {
      double[] highest = highest(layer);
      network
          .layers()
          .get(layer)
          .bias()
          .update(
              bias -> {
                for (int u = 0; u < DEAD; u++) {
                  bias[u] -= highest[u] + MARGIN;
                }
              });
    }

    /** The share of units of a layer, the first so many, that are on for no point. */
    double dead(int layer, int units) {
      return Arrays.stream(highest(layer), 0, units).filter(z -> z <= 0).count() / (double) units;
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion still = Criterion.exactly("how far dead units' weights moved, at most", 0);
    double moved = moved(trial.draws(), ActivationFormula.RELU::apply);
    double leaky = moved(trial.draws(), z -> ActivationFormula.LEAKY_RELU.apply(z, LEAK));
    findings.number("first layer: how far dead weights moved, at most", moved);
    findings.number("first layer, leaky 0.1: how far they moved, at most", leaky);
    findings.shows(still, "first layer, ReLU", moved);
    findings.control(still, "first layer, leaky ReLU", leaky);

    Spread first = Spread.over(trial.repeats(REPEATS), d -> revived(d, 0));
    Spread second = Spread.over(trial.repeats(REPEATS), d -> revived(d, 1));
    findings.number("first layer: share revived", first);
    findings.number("second layer: share revived", second);
    Criterion none = Criterion.exactly("share of dead units revived", 0);
    findings.shows(none, "first layer", first.most());
    findings.control(none, "second layer", second.median());
    Criterion some = Criterion.above("share of dead units revived", 0.05);
    findings.corrects(some, "second layer", second.median());
    findings.control(some, "first layer", first.most());
    learningRates(findings, trial);
    return findings;
  }

  /** How far the weights of dead first-layer units move. */
  private static double moved(Draws draws, UnaryOperator<Variable> activation) {
    Task task = Task.draw(draws, activation);
    task.kill(0);
    double[] weights = task.network().layers().getFirst().weight().values();
    double[] before = weights.clone();
    task.train(Descent.adam(ADAM));
    return IntStream.range(0, DEAD * IN)
        .mapToDouble(i -> Math.abs(weights[i] - before[i]))
        .max()
        .orElseThrow();
  }

  private static double revived(Draws draws, int layer) {
    Task task = Task.draw(draws, ActivationFormula.RELU::apply);
    task.kill(layer);
    task.train(Descent.adam(ADAM));
    return 1 - task.dead(layer, DEAD);
  }

  private static void learningRates(Findings findings, Trial trial) {
    List<Series.Point> points = new ArrayList<>();
    for (double rate : new double[] {0.01, 0.05, 0.2}) {
      Spread dead =
          Spread.over(
              trial.repeats(REPEATS),
              d -> {
                Task task = Task.draw(d, ActivationFormula.RELU::apply);
                task.train(Descent.sgd(rate));
                return task.dead(1, WIDTH);
              });
      findings.number("learning rate %s: share of dead units".formatted(rate), dead);
      points.add(Series.Point.of(rate, dead.median()));
    }
    Criterion few = Criterion.below("share of dead units in the second layer", 0.15);
    findings.shows(few, "learning rate 0.01", points.getFirst().y());
    findings.control(few, "learning rate 0.2", points.getLast().y());
    findings.picture(
        new Chart.Plot(
            "Large steps kill",
            Axis.log("learning rate"),
            Axis.linear("share of dead units"),
            List.of(Series.line("second layer, SGD", points))));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "A first-layer ReLU unit has z < 0 on all data; Adam, no weight decay. Where are its"
                + " weights after 1000 steps?",
            "exactly where they were",
            new Wrong("drifted a little", "the slope below zero is 0; a leaky ReLU would drift"),
            new Wrong("moved by Adam's momentum", "momentum of zero gradients is zero"),
            new Wrong("revived by the bias", "the bias gets the same zero gradient")));
  }
}
