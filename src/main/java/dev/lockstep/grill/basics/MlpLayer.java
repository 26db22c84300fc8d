package dev.lockstep.grill.basics;

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
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Sweeps;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Tape;
import java.util.Arrays;
import java.util.List;

/** A layer is an affine map, then a function of each coordinate on its own. */
public final class MlpLayer implements Lab {
  private static final Question QUESTION =
      Question.number(1, "mlp-layer", Topic.BASICS)
          .asks("What does one layer of a multi-layer perceptron compute?")
          .formula(
              "y = φ(Wx + b), W: out × in; ∂y/∂z is diagonal, z = Wx + b",
              "y = \\varphi(Wx + b),\\quad W \\in \\mathbb{R}^{m \\times n},\\quad"
                  + " \\frac{\\partial y}{\\partial z}"
                  + " = \\operatorname{diag}(\\varphi'(z)),\\; z = Wx + b")
          .answer(
              "An affine map of all inputs, then the same nonlinear function of every coordinate on"
                  + " its own.")
          .but(
              "The last layer usually has no activation; and softmax and LayerNorm, which are often"
                  + " drawn like one, mix the coordinates.")
          .experiment(
              "A layer 8 → 16 against plain loops, on a point between two others, and the Jacobian"
                  + " of GELU and of softmax.")
          .points(
              "an affine map: weights times input plus bias",
              "then a nonlinear function, element by element",
              "m·n weights and m biases for n inputs and m outputs")
          .kernels("linear_relu_19x40_to_24")
          .expects(Verdict.CONFIRMED);

  private static final int IN = 8;
  private static final int OUT = 16;
  private static final double BETWEEN = 0.37;

  /** A layer's parameters. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Layer(double[] weight, double[] bias) {
    double[] apply(double[] x) {
      Tape tape = new Tape();
      return LinearFormula.linear(
              tape.constant(x, 1, IN), tape.constant(weight, OUT, IN), tape.constant(bias, OUT))
          .values();
    }

    double[] loops(double[] x, double biasFactor) {
      double[] y = new double[OUT];
      for (int o = 0; o < OUT; o++) {
        y[o] = biasFactor * bias[o];
        for (int i = 0; i < IN; i++) {
          y[o] += weight[o * IN + i] * x[i];
        }
      }
      return y;
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
    Layer layer = new Layer(draws.normals(OUT * IN, 0.5), draws.normals(OUT, 1));
    double[] x = draws.normals(IN, 1);
    double[] z = draws.normals(IN, 1);

    double apart = Vectors.farthest(layer.apply(x), layer.loops(x, 1));
    findings.number("layer and plain loops apart", apart);
    Criterion same = Criterion.below("distance from Wx + b in plain loops", 1e-12);
    findings.shows(same, "linear layer", apart);
    findings.control(same, "bias left out", Vectors.farthest(layer.apply(x), layer.loops(x, 0)));

    double affine = residual(layer, x, z, ActivationFormula.NONE);
    double bent = residual(layer, x, z, ActivationFormula.RELU);
    findings.number("affine residual before the activation", affine);
    findings.number("affine residual after ReLU", bent);
    Criterion straight = Criterion.below("affine residual", 1e-12);
    findings.shows(straight, "before the activation", affine);
    findings.control(straight, "after ReLU", bent);

    double[][] gelu = Sweeps.reverse(ActivationFormula.GELU_ERF::apply, layer.apply(x)).rows(OUT);
    double[][] softmax = Sweeps.reverse(SoftmaxFormula::softmax, layer.apply(x)).rows(OUT);
    findings.number("off the diagonal of GELU's Jacobian, at most", offDiagonal(gelu));
    findings.number("off the diagonal of softmax's Jacobian, at most", offDiagonal(softmax));
    Criterion diagonal = Criterion.exactly("largest entry of ∂y/∂z off the diagonal", 0);
    findings.shows(diagonal, "GELU", offDiagonal(gelu));
    findings.control(diagonal, "softmax", offDiagonal(softmax));
    findings.picture(Figures.matrix("∂y/∂z of GELU", "z", "y", gelu));
    findings.picture(Figures.matrix("∂y/∂z of softmax", "z", "y", softmax));
    return findings;
  }

  /** How far f at a point between two others is from the point between its values there. */
  private static double residual(Layer layer, double[] x, double[] z, ActivationFormula f) {
    double[] between = new double[IN];
    Arrays.setAll(between, i -> BETWEEN * x[i] + (1 - BETWEEN) * z[i]);
    double[] atX = values(f, layer.apply(x));
    double[] atZ = values(f, layer.apply(z));
    double[] chord = new double[OUT];
    Arrays.setAll(chord, i -> BETWEEN * atX[i] + (1 - BETWEEN) * atZ[i]);
    return Vectors.farthest(values(f, layer.apply(between)), chord);
  }

  private static double[] values(ActivationFormula f, double[] z) {
    return Arrays.stream(z).map(v -> f.value(v, 0)).toArray();
  }

  private static double offDiagonal(double[][] jacobian) {
    double largest = 0;
    for (int o = 0; o < OUT; o++) {
      for (int i = 0; i < OUT; i++) {
        largest = i == o ? largest : Math.max(largest, Math.abs(jacobian[o][i]));
      }
    }
    return largest;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int in = d.between(3, 64);
              int out = d.between(3, 64);
              return Calculation.of(
                      "A linear layer %d → %d with bias: how many parameters?".formatted(in, out),
                      in * out + out,
                      Closeness.EXACT)
                  .slip(in * out, "forgets the bias")
                  .slip(in * out + in, "sizes the bias by the input")
                  .slip(out * out, "takes the matrix for a square one of the output's width");
            }));
  }
}
