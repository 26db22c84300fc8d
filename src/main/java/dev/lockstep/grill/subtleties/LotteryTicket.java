package dev.lockstep.grill.subtleties;

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
import dev.lockstep.grill.toy.Accuracy;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Pruned networks trained again from their first weights: what is it that wins? */
public final class LotteryTicket implements Lab {
  private static final Question QUESTION =
      Question.number(50, "lottery-ticket", Topic.SUBTLETIES)
          .asks("What does the lottery ticket hypothesis say?")
          .formula(
              "m = the largest |w_T|;  train m ⊙ w₀",
              "m = \\operatorname{top}_k |w_T|, \\qquad w \\leftarrow m \\odot w_0")
          .answer(
              "A large network holds small ones that, trained alone from their first weights, do as"
                  + " well: it wins by having drawn a good start (Frankle and Carbin 2019).")
          .but(
              "Here the mask wins over a random one, but first weights drawn anew did as well under"
                  + " it, to within chance. Large networks need weights from a little later in"
                  + " training; no toy settles what the start is worth there.")
          .experiment(
              "10 inputs of which 2 matter, 576 samples, 10-32-32-2 with ReLU and Adam; half of the"
                  + " weights pruned by size four times, trained again from the first weights, from"
                  + " others, and under a random mask.")
          .points(
              "prune the smallest weights after training",
              "rewind the rest to their first values and train again",
              "the sparse network does as well as the dense one, a random mask does not")
          .expects(Verdict.UNDECIDED);

  private static final int INPUTS = 10;
  private static final int WIDTH = 32;
  private static final int SAMPLES = 576;
  private static final int HELD_OUT = 1000;
  private static final int BATCH = 64;
  private static final int STEPS = 250;
  private static final int ROUNDS = 4;

  private record Data(double[] inputs, int[] labels) {
    static Data draw(Draws draws, int count) {
      double[] x = draws.normals(count * INPUTS, 1);
      int[] labels = new int[count];
      Arrays.setAll(labels, p -> Math.sin(2 * x[p * INPUTS]) * x[p * INPUTS + 1] > 0 ? 1 : 0);
      return new Data(x, labels);
    }

    Data batch(Draws draws) {
      double[] x = new double[BATCH * INPUTS];
      int[] chosen = new int[BATCH];
      for (int b = 0; b < BATCH; b++) {
        int p = draws.below(labels.length);
        System.arraycopy(inputs, p * INPUTS, x, b * INPUTS, INPUTS);
        chosen[b] = labels[p];
      }
      return new Data(x, chosen);
    }

    Variable logits(Mlp network, Tape tape) {
      return network.apply(tape.constant(inputs, labels.length, INPUTS));
    }
  }

  /** Accuracies on what was held out. */
  private record Outcome(double[] tickets, double redrawn, double random) {
    double dense() {
      return tickets[0];
    }

    double ticket() {
      return tickets[ROUNDS];
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Outcome> outcomes = trial.repeats(5).stream().map(LotteryTicket::play).toList();
    Spread dense = spread(outcomes.stream().map(Outcome::dense).toList());
    Spread ticket = spread(outcomes.stream().map(Outcome::ticket).toList());
    Spread redrawn = spread(outcomes.stream().map(Outcome::redrawn).toList());
    Spread random = spread(outcomes.stream().map(Outcome::random).toList());
    Spread start = spread(outcomes.stream().map(o -> o.ticket() - o.redrawn()).toList());
    findings.number("accuracy, dense", dense);
    findings.number("accuracy, 6.25% kept", ticket);
    findings.number("accuracy, 6.25% kept, weights redrawn", redrawn);
    findings.number("accuracy, random mask of 6.25%", random);
    findings.number("gain of the first weights over others", start);
    Criterion mask = Criterion.above("median gain in accuracy", 0.08);
    findings.shows(mask, "mask over a random one", ticket.median() - random.median());
    findings.shows(mask, "pruned over dense", ticket.median() - dense.median());
    // Medians: now and then a pruned network stays at chance, and one such outlier hides any mean.
    Criterion open = Criterion.between("median of paired gains in accuracy", -0.06, 0.06);
    findings.leavesOpen(open, "first weights over others", start.median());
    Spread pruned = spread(outcomes.stream().map(o -> o.ticket() - o.dense()).toList());
    findings.control(open, "pruned over dense", pruned.median());
    findings.control(mask, "first weights over others", start.median());
    findings.note(
        "Not decidable here: this holds for 10-32-32-2, 576 samples and five draws, where the first"
            + " weights gained "
            + start
            + " over others under the same mask.");
    double[] kept = new double[ROUNDS + 1];
    double[] medians = new double[ROUNDS + 1];
    for (int r = 0; r <= ROUNDS; r++) {
      int round = r;
      kept[r] = Math.scalb(1.0, -r);
      medians[r] = spread(outcomes.stream().map(o -> o.tickets()[round]).toList()).median();
    }
    double last = kept[ROUNDS];
    findings.picture(
        new Chart.Plot(
            "Trained again with fewer weights",
            Axis.log("share of weights kept"),
            Axis.linear("accuracy on what was held out, median"),
            List.of(
                Figures.line("from the first weights", kept, medians),
                Figures.dots(
                    "weights redrawn", new double[] {last}, new double[] {redrawn.median()}),
                Figures.dots("random mask", new double[] {last}, new double[] {random.median()}))));
    return findings;
  }

  private static Spread spread(List<Double> values) {
    return new Spread(values);
  }

  private static Outcome play(Draws draws) {
    Data data = Data.draw(draws.child("data"), SAMPLES);
    Data heldOut = Data.draw(draws.child("held out"), HELD_OUT);
    double[] tickets = new double[ROUNDS + 1];
    List<double[]> masks =
        network(draws.child("first")).layers().stream().map(layer -> ones(layer.weight())).toList();
    for (int round = 0; round <= ROUNDS; round++) {
      Mlp network = network(draws.child("first"));
      tickets[round] = train(network, masks, data, heldOut, draws.child("batches"));
      if (round < ROUNDS) {
        masks = halved(network, masks);
      }
    }
    Mlp other = network(draws.child("second"));
    double redrawn = train(other, masks, data, heldOut, draws.child("batches"));
    List<double[]> shuffled = shuffled(masks, draws.child("shuffle"));
    Mlp chance = network(draws.child("first"));
    double random = train(chance, shuffled, data, heldOut, draws.child("batches"));
    return new Outcome(tickets, redrawn, random);
  }

  private static Mlp network(Draws draws) {
    return Mlp.draw(draws, Init.he(), ActivationFormula.RELU, INPUTS, WIDTH, WIDTH, 2);
  }

  private static double[] ones(Leaf leaf) {
    double[] ones = new double[leaf.count()];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Trains the weights that masks keep, and returns the accuracy on what was held out. */
  private static double train(
      Mlp network, List<double[]> masks, Data data, Data heldOut, Draws batches) {
    List<Leaf> leaves = network.leaves();
    Descent descent = Descent.adam(0.01);
    for (int l = 0; l < masks.size(); l++) {
      double[] mask = masks.get(l);
      network.layers().get(l).weight().update(w -> Arrays.setAll(w, i -> w[i] * mask[i]));
    }
    for (int step = 0; step < STEPS; step++) {
      Data batch = data.batch(batches);
      Training.gradient(
          leaves,
          (tape, at) ->
              CrossEntropyFormula.mean().loss(batch.logits(network, tape), batch.labels()).loss(),
          step);
      for (int l = 0; l < masks.size(); l++) {
        double[] mask = masks.get(l);
        double[] g = network.layers().get(l).weight().gradient();
        Arrays.setAll(g, i -> g[i] * mask[i]);
      }
      descent.step(leaves);
    }
    return Accuracy.of(heldOut.logits(network, new Tape()), heldOut.labels());
  }

  /** Takes the smaller half of what is kept out of each hidden layer; the output stays. */
  private static List<double[]> halved(Mlp network, List<double[]> masks) {
    List<double[]> next = new ArrayList<>();
    for (int l = 0; l < masks.size(); l++) {
      double[] mask = masks.get(l).clone();
      if (l < masks.size() - 1) {
        double[] w = network.layers().get(l).weight().values();
        int[] kept =
            IntStream.range(0, mask.length)
                .filter(i -> mask[i] != 0)
                .boxed()
                .sorted((i, j) -> Double.compare(Math.abs(w[i]), Math.abs(w[j])))
                .mapToInt(i -> i)
                .toArray();
        for (int k = 0; k < kept.length / 2; k++) {
          mask[kept[k]] = 0;
        }
      }
      next.add(mask);
    }
    return next;
  }

  /** Masks that keep as many weights of each layer, but any. */
  private static List<double[]> shuffled(List<double[]> masks, Draws draws) {
    List<double[]> all = new ArrayList<>();
    for (double[] mask : masks) {
      int[] order = draws.permutation(mask.length);
      double[] other = mask.clone();
      Arrays.setAll(other, i -> mask[order[i]]);
      all.add(other);
    }
    return all;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double share = d.between(2, 5) / 10.0;
              int rounds = d.between(3, 7);
              return Calculation.of(
                      "Each round prunes %.0f%% of what is left. How much remains after %d rounds?"
                          .formatted(100 * share, rounds),
                      Math.pow(1 - share, rounds),
                      Closeness.NEAR)
                  .slip(Math.max(0, 1 - share * rounds), "each round takes a share of what is left")
                  .slip(1 - share, "that is one round")
                  .slip(Math.pow(share, rounds), "that is the share pruned, not what is kept");
            }));
  }
}
