package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a forward pass keeps for the way back, and what it need not. */
public final class SavedActivations implements Lab {
  private static final Question QUESTION =
      Question.number(23, "saved-activations", Topic.BACKPROPAGATION)
          .asks("Why does training keep the activations of the forward pass?")
          .formula(
              "y = xWᵀ: dW = δᵀx needs x, dx = δW does not",
              "y = xW^\\top:\\quad dW = \\delta^\\top x \\ \\text{ needs } x,\\qquad"
                  + " dx = \\delta W \\ \\text{ does not}")
          .answer(
              "The derivative of a product needs its factors: a weight's gradient is the error"
                  + " times the layer's input, an activation's derivative needs its input or its"
                  + " output. They are kept until the sweep comes back, so memory grows with depth"
                  + " and batch.")
          .but(
              "A linear layer needs its input only if its weight is trained, and a ReLU is content"
                  + " with its output, which the next layer keeps anyway.")
          .experiment(
              "Tensors and bytes kept by 4, 8 and 16 layers of width 64; ReLU, GELU and none, with"
                  + " weights trained and frozen; an input overwritten before the way back.")
          .points(
              "dW needs the layer's input",
              "activation derivatives need their input or output",
              "memory grows with depth times batch",
              "a frozen linear layer keeps nothing")
          .expects(Verdict.CONFIRMED);

  private static final int WIDTH = 64;
  private static final int ROWS = 32;
  private static final int[] DEPTHS = {4, 8, 16};

  /** A chain of layers on a tape of its own. */
  private record Chain(Tape tape, double[] input, List<double[]> inner, Variable end, Leaf first) {
    /** The gradient of the first weight. */
    double[] gradient() {
      first.zeroGradient();
      tape.reverse(end);
      return first.gradient().clone();
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    Criterion inputs = Criterion.exactly("tensors kept, less the layers", 1);
    for (int depth : DEPTHS) {
      int kept = chain(draws, ActivationFormula.RELU, depth, ROWS, false).tape().keptTensors();
      findings.number("tensors kept by %d layers with ReLU".formatted(depth), kept);
      findings.shows(inputs, depth + " layers, ReLU", kept - depth);
    }
    int depth = DEPTHS[1];
    int gelu = chain(draws, ActivationFormula.GELU_ERF, depth, ROWS, false).tape().keptTensors();
    int frozen = chain(draws, ActivationFormula.RELU, depth, ROWS, true).tape().keptTensors();
    int linear = chain(draws, ActivationFormula.NONE, depth, ROWS, true).tape().keptTensors();
    findings.number("by 8 layers with GELU", gelu);
    findings.number("by 8 frozen layers with ReLU", frozen);
    findings.number("by 8 frozen linear layers", linear);
    findings.control(inputs, "8 layers, GELU", gelu - depth);
    findings.control(inputs, "8 frozen layers, ReLU", frozen - depth);
    Criterion nothing = Criterion.exactly("tensors kept", 0);
    findings.shows(nothing, "8 frozen linear layers", linear);
    findings.control(nothing, "8 frozen layers, ReLU", frozen);

    Criterion doubled = Criterion.exactly("bytes kept, over those of 8 layers and 32 rows", 2);
    double bytes = kept(draws, depth, ROWS);
    findings.shows(doubled, "64 rows", kept(draws, depth, 2 * ROWS) / bytes);
    findings.control(doubled, "16 layers", kept(draws, DEPTHS[2], ROWS) / bytes);
    overwriting(findings, draws);

    List<Point> memory = new ArrayList<>();
    for (int i = 0; i <= 2 * DEPTHS[2]; i++) {
      int behind = Math.min(i, 2 * DEPTHS[2] - i);
      memory.add(Point.of(i, kept(draws, behind, ROWS) / 1024));
    }
    findings.picture(
        new Chart.Plot(
            "What 16 layers with ReLU keep on the way there and back",
            Axis.linear("layers passed"),
            Axis.linear("KiB"),
            List.of(Series.line("kept", memory))));
    return findings;
  }

  private static void overwriting(Findings findings, Draws draws) {
    Criterion matters = Criterion.above("relative change of dW", 0.05);
    Chain chain = chain(draws, ActivationFormula.RELU, DEPTHS[0], ROWS, false);
    double[] before = chain.gradient();
    Arrays.fill(chain.inner().getFirst(), 0); // what ReLU read: not kept
    double unread = Vectors.relativeError(chain.gradient(), before);
    double[] others = draws.normals(chain.input().length, 1);
    System.arraycopy(others, 0, chain.input(), 0, others.length);
    double read = Vectors.relativeError(chain.gradient(), before);
    findings.number("relative change of dW, input overwritten", read);
    findings.shows(matters, "the layer's input overwritten", read);
    findings.control(matters, "what ReLU was applied to overwritten", unread);
  }

  private static double kept(Draws draws, int depth, int rows) {
    return chain(draws, ActivationFormula.RELU, depth, rows, false).tape().keptBytes();
  }

  private static Chain chain(
      Draws draws, ActivationFormula activation, int depth, int rows, boolean frozen) {
    Tape tape = new Tape();
    double[] input = draws.normals(rows * WIDTH, 1);
    Variable h = frozen ? tape.variable(input, rows, WIDTH) : tape.constant(input, rows, WIDTH);
    List<double[]> inner = new ArrayList<>();
    List<Leaf> weights = new ArrayList<>();
    for (int i = 0; i < Math.max(depth, 1); i++) {
      weights.add(new Leaf("weight", Init.he().draw(draws, WIDTH, WIDTH), WIDTH, WIDTH));
    }
    for (Leaf weight : weights.subList(0, depth)) {
      Variable z =
          LinearFormula.linear(h, frozen ? tape.constant(weight) : tape.variable(weight), null);
      inner.add(z.values());
      h = activation.apply(z);
    }
    // A sum's derivative needs nothing, so that all that is kept is the layers'.
    return new Chain(tape, input, inner, Primitives.sum(h), weights.getFirst());
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int layers = d.between(4, 9);
              int width = d.oneOf(List.of(256, 512, 1024));
              int rows = d.oneOf(List.of(32, 64, 128));
              double tensor = 4.0 * width * rows / 1024;
              return Calculation.of(
                      ("%d linear layers of width %d, a ReLU after each, batch %d, fp32. How many"
                              + " KiB of activations does the way back need?")
                          .formatted(layers, width, rows),
                      (layers + 1) * tensor,
                      Closeness.EXACT)
                  .slip((2 * layers + 1) * tensor, "ReLU needs its output alone, not its input too")
                  .slip(tensor, "all layers' are kept, not one layer's")
                  .slip(4.0 * layers * width * width / 1024, "those are the weights");
            }),
        Choice.of(
            "A linear layer in the middle of a network is frozen. Must its input be kept for the"
                + " way back?",
            "no, dx needs the weight alone",
            new Wrong("yes, for its dW", "a frozen weight has no gradient to compute"),
            new Wrong("yes, to compute dx", "dx = δW does not contain the input"),
            new Wrong(
                "only when not in eval mode", "eval mode and freezing are different things")));
  }
}
