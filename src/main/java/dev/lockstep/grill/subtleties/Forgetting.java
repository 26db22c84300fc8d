package dev.lockstep.grill.subtleties;

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
import dev.lockstep.grill.toy.Accuracy;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A second task overwrites the first, though both fit; replay and a penalty keep it. */
public final class Forgetting implements Lab {
  private static final Question QUESTION =
      Question.number(49, "catastrophic-forgetting", Topic.SUBTLETIES)
          .asks("What is catastrophic forgetting, and what helps against it?")
          .formula(
              "EWC: L_B + (λ/2) Σ Fᵢ (wᵢ − wᵢᴬ)², F the diagonal of the empirical Fisher"
                  + " information",
              "L_B(w) + \\frac{\\lambda}{2} \\sum_i F_i \\left(w_i - w_i^A\\right)^2")
          .answer(
              "Training on a new task overwrites the weights an earlier one relied on. Replay of"
                  + " old data, penalties on changes of important weights (EWC), or adapters help.")
          .but(
              "It is no want of capacity: trained together, both tasks fit. And adapters such as"
                  + " LoRA keep the first task because they can be taken off, not because their"
                  + " change is of low rank.")
          .experiment(
              "Two random linear labellings of 10 inputs, a flag telling which; 11-32-2, Adam 0.01,"
                  + " 250 steps of 64 on A, then 250 on B: alone, with 10 samples of A in each"
                  + " batch, or with EWC; and both tasks together.")
          .points(
              "gradients of the new task change weights the old one needs",
              "replay mixes old samples in",
              "EWC holds weights by their Fisher information, here the empirical one, without old"
                  + " samples",
              "joint training shows that capacity is not the cause")
          .expects(Verdict.CONFIRMED);

  private static final int INPUTS = 10;
  private static final int BATCH = 64;
  private static final int STEPS = 250;
  private static final int HELD_OUT = 1000;
  private static final int REPLAYED = 10;
  private static final int FISHER_SAMPLES = 200;
  private static final double STRENGTH = 100;

  /** The two labellings. */
  private record Tasks(double[] a, double[] b) {
    /** A batch whose first {@code ofA} samples are of task A. */
    Batch draw(Draws draws, int ofA, int count) {
      double[] inputs = new double[count * (INPUTS + 1)];
      int[] labels = new int[count];
      for (int p = 0; p < count; p++) {
        double z = 0;
        double[] direction = p < ofA ? a : b;
        for (int i = 0; i < INPUTS; i++) {
          double x = draws.normal();
          inputs[p * (INPUTS + 1) + i] = x;
          z += direction[i] * x;
        }
        inputs[p * (INPUTS + 1) + INPUTS] = p < ofA ? 1 : -1;
        labels[p] = z > 0 ? 1 : 0;
      }
      return new Batch(inputs, labels);
    }
  }

  private record Batch(double[] inputs, int[] labels) {
    Variable logits(Mlp network, Tape tape) {
      return network.apply(tape.constant(inputs, labels.length, INPUTS + 1));
    }

    Variable loss(Mlp network, Tape tape) {
      return CrossEntropyFormula.mean().loss(logits(network, tape), labels).loss();
    }
  }

  /** Accuracies on the two tasks. */
  private record Kept(double a, double b) {}

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Map<String, List<Double>> all = new LinkedHashMap<>();
    List<List<Series>> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(3)) {
      Experiment experiment = new Experiment(draws);
      Kept first = experiment.phase(BATCH, null);
      List<double[]> weights = experiment.weights();
      List<double[]> fisher = experiment.fisher();
      Kept alone = experiment.phase(0, null);
      curves.add(experiment.curves());
      experiment.restore(weights);
      Kept replay = experiment.phase(REPLAYED, null);
      experiment.restore(weights);
      Kept held = experiment.phase(0, new Penalty(STRENGTH, weights, fisher));
      experiment.restore(weights);
      Kept free = experiment.phase(0, new Penalty(0, weights, fisher));
      Kept joint = joint(draws);
      add(all, "A after A", first.a());
      add(all, "A after B alone", alone.a());
      add(all, "A lost", first.a() - alone.a());
      add(all, "B after A", first.b());
      add(all, "B after B alone", alone.b());
      add(all, "A with replay", replay.a());
      add(all, "B with replay", replay.b());
      add(all, "A with EWC", held.a());
      add(all, "B with EWC", held.b());
      add(
          all,
          "A lost with EWC against lost alone",
          (first.a() - held.a()) / (first.a() - alone.a()));
      add(
          all,
          "A lost with EWC of λ = 0 against lost alone",
          (first.a() - free.a()) / (first.a() - alone.a()));
      add(all, "A, both together", joint.a());
      add(all, "B, both together", joint.b());
    }
    all.forEach((name, values) -> findings.number(name, new Spread(values)));
    Criterion forgotten = Criterion.below("accuracy on A", 0.85);
    Criterion fits = Criterion.above("accuracy on A", 0.88);
    Criterion saves = Criterion.below("share of the loss in accuracy that remains", 0.85);
    findings.shows(forgotten, "after B alone", median(all, "A after B alone"));
    findings.control(forgotten, "before B", median(all, "A after A"));
    findings.shows(fits, "both together", median(all, "A, both together"));
    findings.shows(fits, "B with replay of A", median(all, "A with replay"));
    findings.control(fits, "after B alone", median(all, "A after B alone"));
    findings.shows(saves, "EWC", median(all, "A lost with EWC against lost alone"));
    findings.control(
        saves, "EWC, λ = 0", median(all, "A lost with EWC of λ = 0 against lost alone"));
    Criterion learnt = Criterion.above("accuracy on B", 0.85);
    findings.shows(learnt, "both together", median(all, "B, both together"));
    findings.shows(learnt, "with replay of A", median(all, "B with replay"));
    findings.shows(learnt, "with EWC", median(all, "B with EWC"));
    findings.control(learnt, "before B", median(all, "B after A"));
    findings.picture(
        new Chart.Plot(
            "Learning B after A",
            Axis.linear("step on B"),
            Axis.linear("accuracy"),
            curves.getFirst()));
    return findings;
  }

  /** As many steps as on both, half of each batch being of A. */
  private static Kept joint(Draws draws) {
    Experiment experiment = new Experiment(draws);
    experiment.phase(BATCH / 2, null);
    return experiment.phase(BATCH / 2, null);
  }

  private static void add(Map<String, List<Double>> all, String name, double value) {
    all.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  private static double median(Map<String, List<Double>> all, String name) {
    return new Spread(Objects.requireNonNull(all.get(name))).median();
  }

  /** How far weights may stray from where task A left them. */
  private record Penalty(double strength, List<double[]> weights, List<double[]> fisher) {
    void addTo(List<Leaf> leaves) {
      for (int t = 0; t < leaves.size(); t++) {
        Leaf leaf = leaves.get(t);
        for (int i = 0; i < leaf.count(); i++) {
          leaf.gradient()[i] +=
              strength * fisher.get(t)[i] * (leaf.values()[i] - weights.get(t)[i]);
        }
      }
    }
  }

  /** A network and what it is trained on. */
  private static final class Experiment {
    private final Mlp network;
    private final Tasks tasks;
    private final Draws batches;
    private final Batch heldOutA;
    private final Batch heldOutB;
    private final List<Series.Point> curveA = new ArrayList<>();
    private final List<Series.Point> curveB = new ArrayList<>();

    Experiment(Draws draws) {
      network =
          Mlp.draw(draws.child("network"), Init.he(), ActivationFormula.RELU, INPUTS + 1, 32, 2);
      Draws directions = draws.child("directions");
      tasks = new Tasks(directions.normals(INPUTS, 1), directions.normals(INPUTS, 1));
      batches = draws.child("batches");
      heldOutA = tasks.draw(draws.child("held out A"), HELD_OUT, HELD_OUT);
      heldOutB = tasks.draw(draws.child("held out B"), 0, HELD_OUT);
    }

    /** Trains on batches with so many samples of A. */
    Kept phase(int ofA, @Nullable Penalty penalty) {
      Descent descent = Descent.adam(0.01);
      List<Leaf> leaves = network.leaves();
      curveA.clear();
      curveB.clear();
      for (int step = 0; step < STEPS; step++) {
        if (step % 10 == 0) {
          Kept now = kept();
          curveA.add(Series.Point.of(step, now.a()));
          curveB.add(Series.Point.of(step, now.b()));
        }
        Batch batch = tasks.draw(batches, ofA, BATCH);
        Training.gradient(leaves, (tape, at) -> batch.loss(network, tape), step);
        if (penalty != null) {
          penalty.addTo(leaves);
        }
        descent.step(leaves);
      }
      return kept();
    }

    Kept kept() {
      return new Kept(
          Accuracy.of(heldOutA.logits(network, new Tape()), heldOutA.labels()),
          Accuracy.of(heldOutB.logits(network, new Tape()), heldOutB.labels()));
    }

    /** Accuracies in the last phase. */
    List<Series> curves() {
      return List.of(Series.line("on A", curveA), Series.line("on B", curveB));
    }

    List<double[]> weights() {
      return network.leaves().stream().map(leaf -> leaf.values().clone()).toList();
    }

    void restore(List<double[]> weights) {
      for (int t = 0; t < weights.size(); t++) {
        double[] from = weights.get(t);
        network.leaves().get(t).update(values -> System.arraycopy(from, 0, values, 0, from.length));
      }
    }

    /** The empirical Fisher information: mean squared gradients of single samples' true labels. */
    List<double[]> fisher() {
      List<Leaf> leaves = network.leaves();
      List<double[]> fisher = leaves.stream().map(leaf -> new double[leaf.count()]).toList();
      for (int sample = 0; sample < FISHER_SAMPLES; sample++) {
        Batch one = tasks.draw(batches, 1, 1);
        Training.gradient(leaves, (tape, at) -> one.loss(network, tape), sample);
        for (int t = 0; t < leaves.size(); t++) {
          double[] gradient = leaves.get(t).gradient();
          for (int i = 0; i < gradient.length; i++) {
            fisher.get(t)[i] += gradient[i] * gradient[i] / FISHER_SAMPLES;
          }
        }
      }
      return fisher;
    }
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Which of these keeps an earlier task without storing any of its data?",
            "EWC, a penalty",
            new Wrong("replay of samples", "replay stores old samples"),
            new Wrong("joint training", "that needs all of the old data"),
            new Wrong("smaller batches", "noise is no memory")),
        Choice.of(
            "Two tasks are forgotten one by the other, yet fit when trained together. So what is"
                + " the cause?",
            "the order of training",
            new Wrong("too few weights", "then they would not fit together either"),
            new Wrong("too few samples", "then neither would be learnt"),
            new Wrong("too low a rate", "a lower one would forget less")));
  }
}
