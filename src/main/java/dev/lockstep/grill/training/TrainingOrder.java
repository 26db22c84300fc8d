package dev.lockstep.grill.training;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
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
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** In which order the calls of a training step must come, and which may be swapped. */
public final class TrainingOrder implements Lab {
  private static final Question QUESTION =
      Question.number(36, "training-loop", Topic.TRAINING)
          .asks("Which calls make up a training step, and in which order?")
          .formula(
              "zero → forward → loss → backward → clip → step → schedule;  w ← w − ηₜ clip(g)",
              "w \\leftarrow w - \\eta_t \\operatorname{clip}(\\nabla_w L)")
          .answer(
              "Set gradients to zero, run forward, take the loss, run backward, clip, let the"
                  + " optimizer step, then move the schedule on.")
          .but(
              "Not every place matters: zeroing after the step is the same program. And some slips"
                  + " stay silent: clipping after the step can even lower the loss.")
          .experiment(
              "6-16-2 on 128 points, SGD 0.5 with a linear schedule, clipped at 0.2, 250 steps; the"
                  + " calls are permuted and the final weights compared.")
          .points(
              "zero, forward, backward, clip, step, schedule",
              "gradients add up, so they must be zeroed once between a step and the next backward",
              "clipping belongs between backward and step")
          .kernels("optimizer_adamw_wd0.1")
          .expects(Verdict.CONFIRMED);

  private static final int STEPS = 250;
  private static final int POINTS = 128;
  private static final int INPUTS = 6;
  private static final double RATE = 0.5;
  private static final double BOUND = 0.2;

  private enum Call {
    ZERO,
    BACKWARD,
    CLIP,
    STEP,
    SCHEDULE
  }

  private static final List<Call> USUAL =
      List.of(Call.ZERO, Call.BACKWARD, Call.CLIP, Call.STEP, Call.SCHEDULE);

  private record Run(double[] weights, double[] losses) {
    double last() {
      return losses[STEPS - 1];
    }

    /** The norm of the difference in weights against the norm of the other's. */
    double distance(Run other) {
      return Vectors.relativeError(weights, other.weights);
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion differs = Criterion.above("distance of the final weights", 1e-5);
    Criterion unlearnt = Criterion.above("final loss", 0.65);
    Criterion seen = Criterion.above("final loss above the usual order's", 0.1);
    Run usual = run(trial.draws(), USUAL);
    findings.number("loss, usual order", usual.last());
    findings.control(unlearnt, "usual order", usual.last());
    List<Series> curves = new ArrayList<>();
    curves.add(Series.steps("usual order", usual.losses()));
    record Arm(String name, Call... calls) {}
    for (Arm arm :
        List.of(
            new Arm("zero after step", Call.BACKWARD, Call.CLIP, Call.STEP, Call.ZERO),
            new Arm("zero before step", Call.BACKWARD, Call.CLIP, Call.ZERO, Call.STEP),
            new Arm("clip after step", Call.ZERO, Call.BACKWARD, Call.STEP, Call.CLIP),
            new Arm(
                "schedule first", Call.SCHEDULE, Call.ZERO, Call.BACKWARD, Call.CLIP, Call.STEP))) {
      List<Call> calls = new ArrayList<>(List.of(arm.calls()));
      if (!calls.contains(Call.SCHEDULE)) {
        calls.add(Call.SCHEDULE);
      }
      Run run = run(trial.draws(), calls);
      double distance = run.distance(usual);
      findings.number("distance, " + arm.name(), distance);
      findings.number("loss, " + arm.name(), run.last());
      curves.add(Series.steps(arm.name(), run.losses()));
      if (arm.name().equals("zero after step")) {
        findings.control(differs, arm.name(), distance);
      } else {
        findings.shows(differs, arm.name(), distance);
      }
      if (arm.name().equals("zero before step")) {
        findings.shows(unlearnt, arm.name(), run.last());
        findings.shows(seen, arm.name(), run.last() - usual.last());
      } else {
        findings.control(seen, arm.name(), run.last() - usual.last());
      }
    }
    Criterion refused = Criterion.exactly("backward sweeps refused", 1);
    findings.shows(refused, "step between forward and backward", refusals(trial.draws(), true));
    findings.control(refused, "step after backward", refusals(trial.draws(), false));
    findings.picture(
        new Chart.Plot(
            "Loss with the calls in other orders",
            Axis.linear("step"),
            Axis.linear("loss"),
            curves));
    return findings;
  }

  /** Trains with the calls of each step in that order. */
  private static Run run(Draws draws, List<Call> order) {
    Mlp network = network(draws);
    double[] inputs = draws.child("inputs").normals(POINTS * INPUTS, 1);
    int[] targets = new int[POINTS];
    Arrays.setAll(targets, p -> inputs[p * INPUTS] * inputs[p * INPUTS + 1] > 0 ? 1 : 0);
    List<Leaf> leaves = network.leaves();
    Descent descent = Descent.sgd(RATE);
    double[] losses = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      for (Call call : order) {
        switch (call) {
          case ZERO -> leaves.forEach(Leaf::zeroGradient);
          case BACKWARD -> {
            Variable loss = loss(network, inputs, targets);
            loss.tape().reverse(loss);
            losses[step] = loss.scalar();
          }
          case CLIP -> clip(leaves);
          case STEP -> descent.step(leaves);
          case SCHEDULE -> descent.learningRate(RATE * (1 - (step + 1.0) / STEPS));
        }
      }
    }
    double[] weights =
        leaves.stream().flatMapToDouble(leaf -> Arrays.stream(leaf.values())).toArray();
    return new Run(weights, losses);
  }

  private static Mlp network(Draws draws) {
    return Mlp.draw(draws.child("network"), Init.xavier(), ActivationFormula.TANH, INPUTS, 16, 2);
  }

  private static Variable loss(Mlp network, double[] inputs, int[] targets) {
    Tape tape = new Tape();
    Variable x = tape.constant(inputs, targets.length, INPUTS);
    return CrossEntropyFormula.mean().loss(network.apply(x), targets).loss();
  }

  private static void clip(List<Leaf> leaves) {
    double norm = ClipFormula.norm(leaves.stream().map(Leaf::gradient).toList());
    double factor = ClipFormula.factor(norm, BOUND);
    for (Leaf leaf : leaves) {
      Arrays.setAll(leaf.gradient(), i -> leaf.gradient()[i] * factor);
    }
  }

  /** How many backward sweeps of one are refused, the weights being moved before it or after. */
  private static int refusals(Draws draws, boolean stepFirst) {
    Mlp network = network(draws);
    Variable loss = loss(network, draws.normals(INPUTS, 1), new int[] {0});
    if (stepFirst) {
      Descent.sgd(RATE).step(network.leaves());
    }
    try {
      loss.tape().reverse(loss);
    } catch (IllegalStateException updatedSinceRead) {
      return 1;
    }
    Descent.sgd(RATE).step(network.leaves());
    return 0;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "A loop calls backward, clip, zero_grad, step, with plain SGD. What happens?",
            "the weights do not move",
            new Wrong("the same as always", "the order matters: step reads what zero_grad wiped"),
            new Wrong("gradients count double", "that is what a missing zero_grad does"),
            new Wrong("only the clip is lost", "the whole gradient is zero by then")),
        Choice.of(
            "zero_grad is moved from before forward to right after step. What changes?",
            "nothing at all",
            new Wrong("no weight moves", "that is zero_grad between backward and step"),
            new Wrong("gradients add up", "they are still wiped once a step"),
            new Wrong("the first step fails", "gradients are zero at the start")));
  }
}
