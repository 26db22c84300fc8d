package dev.lockstep.grill.training;

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
import dev.lockstep.grill.toy.CountedLayers;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.reference.DropoutFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What recomputing activations in the backward pass saves and costs, counted. */
public final class Checkpointing implements Lab {
  private static final Question QUESTION =
      Question.number(37, "checkpointing", Topic.TRAINING)
          .asks("What does activation checkpointing save, and what does it cost?")
          .formula(
              "products: forward 1 + backward 2 = 3, with one recomputation 4 (+33%);"
                  + "  kept: L/k + k, least at k = √L",
              "\\frac{1 + 1 + 2}{1 + 2} = \\frac{4}{3}, \\qquad"
                  + " \\min_k \\left(\\frac{L}{k} + k\\right) = 2\\sqrt{L}")
          .answer(
              "Only the inputs of segments are kept and the rest is computed again on the way back:"
                  + " memory falls from L to about 2√L tensors for 33% more work.")
          .but(
              "33% is what full recomputation of matrix products costs, not a law: where only"
                  + " activations are computed again, hardly anything is added. And what is random"
                  + " must be drawn alike both times.")
          .experiment(
              "16 layers of width 64 with ReLU and 32 rows, in segments of 1, 2, 4, 8 and 16;"
                  + " multiplications and kept tensors are counted, gradients compared bit by bit;"
                  + " 4 layers also in the instructions of our kernels.")
          .points(
              "keep the inputs of segments, recompute the rest in the backward pass",
              "about √L segments: 2√L tensors instead of L",
              "one more forward pass: a third more matrix products",
              "dropout must use the same mask in both passes")
          .expects(Verdict.CORRECTED);

  private static final int LAYERS = 16;
  private static final int WIDTH = 64;
  private static final int ROWS = 32;

  /** What a backward pass came to. */
  private record Pass(double[] gradient, long multiplies, int kept) {}

  /** The layers, their input, and the gradient of their output. */
  private record Stack(List<Leaf> weights, double[] input, double[] upstream) {
    static Stack draw(Draws draws) {
      List<Leaf> weights = new ArrayList<>();
      for (int i = 0; i < LAYERS; i++) {
        weights.add(new Leaf("w" + i, Init.he().draw(draws, WIDTH, WIDTH), WIDTH, WIDTH));
      }
      return new Stack(weights, draws.normals(ROWS * WIDTH, 1), draws.normals(ROWS * WIDTH, 1));
    }
  }

  /** The factors of a dropout layer. */
  @FunctionalInterface
  private interface Masks {
    double[] of(int layer, boolean again);
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Stack stack = Stack.draw(trial.draws());
    Pass plain = plain(stack, null);
    findings.number("tensors kept, no checkpoints", plain.kept());
    Criterion third = Criterion.between("multiplications against none recomputed", 1.323, 1.343);
    Criterion little = Criterion.below("multiplications against none recomputed", 1.01);
    Criterion saves = Criterion.below("tensors kept", 10);
    Criterion same = Criterion.exactly("largest difference of a gradient, relative", 0);
    int[] lengths = {1, 2, 4, 8, 16};
    double[] kept = new double[lengths.length];
    double[] work = new double[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      Pass pass = checkpointed(stack, lengths[i], null);
      kept[i] = pass.kept();
      work[i] = pass.multiplies() / (double) plain.multiplies();
      findings.number("tensors kept, segments of " + lengths[i], kept[i]);
      findings.shows(third, "segments of " + lengths[i], work[i]);
      findings.shows(same, "segments of " + lengths[i], distance(pass, plain));
      if (lengths[i] == 4) {
        findings.shows(saves, "segments of 4", kept[i]);
        findings.control(little, "segments of 4", work[i]);
      } else if (lengths[i] == 1 || lengths[i] == LAYERS) {
        findings.control(saves, "segments of " + lengths[i], kept[i]);
      }
    }
    findings.number("multiplications against none recomputed", work[2]);

    Pass selective = activationsAgain(stack);
    double share = selective.multiplies() / (double) plain.multiplies();
    findings.number("the same, only activations recomputed", share);
    findings.number("tensors kept, only activations recomputed", selective.kept());
    findings.corrects(little, "only activations", share);
    findings.control(third, "only activations", share);
    findings.shows(same, "only activations", distance(selective, plain));

    Draws draws = trial.draws().child("masks");
    Masks replayed = (layer, again) -> mask(draws.child(layer));
    Masks drawnAnew = (layer, again) -> mask(draws.child(again ? LAYERS + layer : layer));
    Pass dropped = plain(stack, replayed);
    double off = distance(checkpointed(stack, 4, drawnAnew), dropped);
    findings.number("relative difference of a gradient, dropout drawn anew", off);
    findings.shows(same, "dropout replayed", distance(checkpointed(stack, 4, replayed), dropped));
    findings.control(same, "dropout drawn anew", off);
    double[] x = new double[lengths.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = lengths[i];
    }
    countKernels(trial, findings, third, same);
    findings.picture(
        new Chart.Plot(
            "16 layers",
            Axis.log("layers in a segment"),
            Axis.linear("tensors kept; multiplications against none recomputed"),
            List.of(
                Figures.line("tensors kept", x, kept),
                Figures.line("multiplications", x, work),
                Figures.level("no checkpoints", 1, LAYERS, plain.kept()))));
    return findings;
  }

  /** Two segments of two layers, in the instructions of our kernels. */
  private static void countKernels(
      Trial trial, Findings findings, Criterion third, Criterion same) {
    Draws draws = trial.draws();
    Optional<CountedLayers.Pass> plain =
        CountedLayers.run(trial.device(), draws.child("kernels"), 0, true);
    Optional<CountedLayers.Pass> again =
        CountedLayers.run(trial.device(), draws.child("kernels"), 2, true);
    if (plain.isEmpty() || again.isEmpty()) {
      findings.note(CountedLayers.NOT_COUNTED);
      return;
    }
    CountedLayers.Pass tape = CountedLayers.reference(draws.child("kernels"), 2, true);
    Criterion asTape = Criterion.exactly("our kernels' multiplications over the tape's", 1);
    findings.shows(asTape, "segments of 2", again.get().total() / (double) tape.total());
    findings.control(asTape, "nothing recomputed", plain.get().total() / (double) tape.total());
    findings.shows(
        third, "our kernels, segments of 2", again.get().total() / (double) plain.get().total());
    findings.shows(
        same,
        "our kernels, segments of 2",
        Vectors.relativeError(again.get().gradients(), plain.get().gradients()));
  }

  private static double[] mask(Draws draws) {
    double[] factors = new double[ROWS * WIDTH];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = draws.chance(0.5) ? 2 : 0;
    }
    return factors;
  }

  /** Layers {@code from} up to {@code to}. */
  private static Variable forward(
      Stack stack, Variable x, int from, int to, @Nullable Masks masks, boolean again) {
    Variable h = x;
    for (int i = from; i < to; i++) {
      Variable weight = h.tape().variable(stack.weights().get(i));
      h = ActivationFormula.RELU.apply(Primitives.matmul(h, weight));
      if (masks != null) {
        h = DropoutFormula.masked(h, masks.of(i, again));
      }
    }
    return h;
  }

  private static Pass plain(Stack stack, @Nullable Masks masks) {
    stack.weights().forEach(Leaf::zeroGradient);
    Tape tape = new Tape();
    Variable x = tape.variable(stack.input(), ROWS, WIDTH);
    forward(stack, x, 0, LAYERS, masks, false).seedGradient(stack.upstream());
    int kept = tape.keptTensors();
    tape.reverse();
    return pass(stack, x, tape.forwardMultiplies() + tape.backwardMultiplies(), kept);
  }

  /** Keeps the input of each segment, and computes the segment again when its turn comes. */
  private static Pass checkpointed(Stack stack, int length, @Nullable Masks masks) {
    stack.weights().forEach(Leaf::zeroGradient);
    Tape tape = new Tape();
    Variable x = tape.variable(stack.input(), ROWS, WIDTH);
    Variable h = x;
    Set<Integer> evaluated = new HashSet<>();
    for (int start = 0; start < LAYERS; start += length) {
      int from = start;
      h =
          tape.checkpoint(
              v -> forward(stack, v, from, from + length, masks, !evaluated.add(from)), h);
    }
    h.seedGradient(stack.upstream());
    int kept = tape.keptTensors();
    tape.reverse();
    return pass(
        stack,
        x,
        tape.forwardMultiplies() + tape.recomputedMultiplies() + tape.backwardMultiplies(),
        kept);
  }

  /** Keeps what goes into each activation, and computes the activation again. */
  private static Pass activationsAgain(Stack stack) {
    List<double[]> preActivations = new ArrayList<>();
    Tape forward = new Tape();
    Variable h = forward.constant(stack.input(), ROWS, WIDTH);
    for (Leaf weight : stack.weights()) {
      Variable z = Primitives.matmul(h, forward.constant(weight));
      preActivations.add(z.values());
      h = ActivationFormula.RELU.apply(z);
    }
    double[] upstream = stack.upstream();
    Tape back = new Tape();
    for (int i = LAYERS - 1; i >= 0; i--) {
      double[] z = preActivations.get(i);
      double[] delta = upstream.clone();
      for (int j = 0; j < delta.length; j++) {
        delta[j] *= ActivationFormula.RELU.derivative(z[j], 0);
      }
      Variable d = back.constant(delta, ROWS, WIDTH);
      Leaf weight = stack.weights().get(i);
      Variable input =
          i == 0
              ? back.constant(stack.input(), ROWS, WIDTH)
              : ActivationFormula.RELU.apply(back.constant(preActivations.get(i - 1), ROWS, WIDTH));
      double[] ofWeight = Primitives.matmul(Views.transpose(input), d).values();
      System.arraycopy(ofWeight, 0, weight.gradient(), 0, ofWeight.length);
      upstream = Primitives.matmul(d, Views.transpose(back.constant(weight))).values();
    }
    return new Pass(
        gradients(stack, upstream),
        forward.forwardMultiplies() + back.forwardMultiplies(),
        preActivations.size() + 1);
  }

  private static Pass pass(Stack stack, Variable x, long multiplies, int kept) {
    return new Pass(gradients(stack, x.gradient()), multiplies, kept);
  }

  /** All gradients, one after the other. */
  private static double[] gradients(Stack stack, double[] ofInput) {
    double[] all = new double[LAYERS * WIDTH * WIDTH + ROWS * WIDTH];
    for (int i = 0; i < LAYERS; i++) {
      double[] gradient = stack.weights().get(i).gradient();
      System.arraycopy(gradient, 0, all, i * WIDTH * WIDTH, gradient.length);
    }
    System.arraycopy(ofInput, 0, all, LAYERS * WIDTH * WIDTH, ofInput.length);
    return all;
  }

  /** The largest difference against the largest gradient. */
  private static double distance(Pass a, Pass b) {
    double[] difference = a.gradient().clone();
    Arrays.setAll(difference, i -> difference[i] - b.gradient()[i]);
    return ClipFormula.maxNorm(List.of(difference)) / ClipFormula.maxNorm(List.of(b.gradient()));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int root = d.between(4, 12);
              int layers = root * root;
              return Calculation.of(
                      "%d equal layers, %d/k + k tensors kept: the best segment length k?"
                          .formatted(layers, layers),
                      root,
                      Closeness.EXACT)
                  .slip(1, "keeping nothing in between means a checkpoint for every layer")
                  .slip(layers, "one segment has one checkpoint, but recomputes and keeps it all")
                  .slip(layers / 2.0, "halves it; the sum is least where both parts are equal");
            }));
  }
}
