package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Derivation.Input;
import dev.lockstep.grill.item.Inputs;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.simple.SimpleMatrix;

/** The gradients of two layers, written down by hand and held to the tape's. */
public final class TwoLayerBackward implements Lab {
  private static final Question QUESTION =
      Question.number(18, "backprop-two-layer", Topic.BACKPROPAGATION)
          .asks("Derive the gradients of a network with one hidden layer and cross-entropy.")
          .formula(
              "δ₂ = p − y, dW₂ = δ₂hᵀ, db₂ = δ₂, δ₁ = (W₂ᵀδ₂) ⊙ φ′(z₁), dW₁ = δ₁xᵀ, db₁ = δ₁",
              "\\delta_2 = p - y,\\quad dW_2 = \\delta_2 h^\\top,\\quad db_2 = \\delta_2,\\quad"
                  + " \\delta_1 = (W_2^\\top \\delta_2) \\odot \\varphi'(z_1),\\quad"
                  + " dW_1 = \\delta_1 x^\\top,\\quad db_1 = \\delta_1")
          .answer(
              "With z₁ = W₁x + b₁, h = φ(z₁), z₂ = W₂h + b₂ and p = softmax(z₂), the error p − y"
                  + " goes back through W₂ᵀ and φ′; each weight gradient is the error behind the"
                  + " layer times the layer's input. A batch sums these, or takes their mean.")
          .experiment(
              "6-10-4 with tanh and a batch of 8: these six lines with plain matrices against the"
                  + " tape, and three slips people make.")
          .points(
              "δ₂ = p − y",
              "dW = δ times the layer's input, transposed; db = δ",
              "δ₁ = W₂ᵀδ₂, element by element times φ′(z₁)",
              "for the mean over a batch all is divided by its size")
          .expects(Verdict.CONFIRMED);

  private static final int ROWS = 8;
  private static final int IN = 6;
  private static final int HIDDEN = 10;
  private static final int CLASSES = 4;

  /** What may go wrong in the six lines. */
  private enum Slip {
    NONE,
    NO_ACTIVATION_DERIVATIVE,
    NO_MEAN,
    SOFTMAX_DERIVATIVE_TWICE
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Draws draws = trial.draws();
    double[] x = draws.normals(ROWS * IN, 1);
    int[] targets = new int[ROWS];
    Arrays.setAll(targets, i -> draws.below(CLASSES));
    Mlp network = Mlp.draw(draws, Init.xavier(), ActivationFormula.TANH, IN, HIDDEN, CLASSES);
    Training.gradient(
        network.leaves(),
        (tape, step) ->
            CrossEntropyFormula.mean()
                .loss(network.apply(tape.constant(x, ROWS, IN)), targets)
                .loss(),
        0);
    double[] right =
        network.leaves().stream().flatMapToDouble(leaf -> Arrays.stream(leaf.gradient())).toArray();

    Findings findings = new Findings();
    Criterion same = Criterion.below("relative distance to the tape's gradients", 1e-13);
    for (Slip slip : Slip.values()) {
      double error = Vectors.relativeError(byHand(network, x, targets, slip), right);
      switch (slip) {
        case NONE -> {
          findings.number("six lines by hand, relative distance", error);
          findings.shows(same, "six lines by hand", error);
        }
        case NO_ACTIVATION_DERIVATIVE -> findings.control(same, "φ′ forgotten", error);
        case NO_MEAN -> findings.control(same, "not divided by the batch size", error);
        case SOFTMAX_DERIVATIVE_TWICE -> findings.control(same, "times p(1 − p) again", error);
      }
    }
    List<Point> norms = new ArrayList<>();
    List<String> names = List.of("dW₁ [10, 6]", "db₁ [10]", "dW₂ [4, 10]", "db₂ [4]");
    for (int i = 0; i < names.size(); i++) {
      Leaf leaf = network.leaves().get(i);
      norms.add(Point.of(i, Vectors.norm(leaf.gradient()), names.get(i)));
      findings.number("norm of " + names.get(i), norms.getLast().y());
    }
    findings.picture(
        new Chart.Plot(
            "Gradients of the four parameters",
            Axis.linear("from the input to the output"),
            Axis.linear("norm"),
            List.of(new Series("norm", Series.Style.POINTS, norms))));
    return findings;
  }

  /** The six lines; samples are rows here, so that everything is transposed. */
  private static double[] byHand(Mlp network, double[] inputs, int[] targets, Slip slip) {
    SimpleMatrix x = new SimpleMatrix(ROWS, IN, true, inputs);
    SimpleMatrix w1 = new SimpleMatrix(HIDDEN, IN, true, network.leaves().get(0).values());
    SimpleMatrix w2 = new SimpleMatrix(CLASSES, HIDDEN, true, network.leaves().get(2).values());
    SimpleMatrix h = new SimpleMatrix(ROWS, HIDDEN);
    SimpleMatrix z1 = x.mult(w1.transpose()); // biases are zero at first
    for (int i = 0; i < h.getNumElements(); i++) {
      h.set(i, Math.tanh(z1.get(i)));
    }
    SimpleMatrix p = h.mult(w2.transpose()).elementExp();
    SimpleMatrix error = new SimpleMatrix(ROWS, CLASSES);
    for (int r = 0; r < ROWS; r++) {
      double sum = p.getRow(r).elementSum();
      for (int c = 0; c < CLASSES; c++) {
        double share = p.get(r, c) / sum;
        double factor = slip == Slip.SOFTMAX_DERIVATIVE_TWICE ? share * (1 - share) : 1;
        error.set(r, c, factor * (share - (c == targets[r] ? 1 : 0)));
      }
    }
    SimpleMatrix delta2 = slip == Slip.NO_MEAN ? error : error.divide(ROWS);
    SimpleMatrix slope = h.elementMult(h).negative().plus(1);
    SimpleMatrix back = delta2.mult(w2);
    SimpleMatrix delta1 = slip == Slip.NO_ACTIVATION_DERIVATIVE ? back : back.elementMult(slope);
    List<SimpleMatrix> gradients =
        List.of(
            delta1.transpose().mult(x),
            sumOfRows(delta1),
            delta2.transpose().mult(h),
            sumOfRows(delta2));
    return gradients.stream().flatMapToDouble(g -> Arrays.stream(g.getDDRM().getData())).toArray();
  }

  private static SimpleMatrix sumOfRows(SimpleMatrix x) {
    return SimpleMatrix.ones(1, x.getNumRows()).mult(x);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(draws, TwoLayerBackward::backThroughTanh),
        new Derivation(
            "h = tanh(W1·x) and z = W2·h; the loss has the gradient d2 in z. Its gradient in W1,"
                + " from x, W2, h and d2?",
            "((W2' * d2) .* (1 - h .^ 2)) * x'",
            List.of(
                Input.normal("x", 3, 1),
                Input.normal("W2", 2, 4),
                new Input("h", 4, 1, d -> d.uniform(-0.9, 0.9)),
                Input.normal("d2", 2, 1)),
            TwoLayerBackward::gradientOfFirstWeight));
  }

  private static Calculation backThroughTanh(Draws d) {
    int first = d.between(1, 4) * (d.chance(0.5) ? 1 : -1);
    int second = -d.between(1, 4);
    int error = d.between(1, 3);
    double h = d.between(3, 8) / 10.0;
    double back1 = first * error;
    double back2 = second * error;
    return Calculation.of(
            "W₂ = [[%d, %d]], δ₂ = %d, h = tanh(z₁) = (%s, 0). What is δ₁?"
                .formatted(first, second, error, h),
            List.of(back1 * (1 - h * h), back2))
        .slip(List.of(back1, back2), "φ′(z₁) is missing")
        .slip(List.of(back1 * h, 0.0), "times h; φ′ of tanh is 1 − h²")
        .slip(List.of(back1 * (1 - h), back2), "1 − h; φ′ of tanh is 1 − h²")
        .slip(List.of(Math.abs(back1) * (1 - h * h), -back2), "W₂ has a sign");
  }

  /** Takes W1 = atanh(h) xᵀ / |x|², which gives this h, and lets the tape go back. */
  private static Matrix gradientOfFirstWeight(Inputs inputs) {
    double[] x = inputs.values("x");
    double[] h = inputs.values("h");
    double square = Vectors.norm(x) * Vectors.norm(x);
    double[] weight = new double[h.length * x.length];
    for (int i = 0; i < weight.length; i++) {
      double active = h[i / x.length];
      weight[i] = 0.5 * Math.log((1 + active) / (1 - active)) * x[i % x.length] / square;
    }
    Tape tape = new Tape();
    Variable w1 = tape.variable(weight, h.length, x.length);
    Variable hidden =
        ActivationFormula.TANH.apply(Primitives.matmul(w1, tape.constant(x, x.length, 1)));
    Primitives.matmul(tape.constant(inputs.values("W2"), 2, h.length), hidden)
        .seedGradient(inputs.values("d2"));
    tape.reverse();
    return new Matrix(h.length, x.length, w1.gradient());
  }
}
