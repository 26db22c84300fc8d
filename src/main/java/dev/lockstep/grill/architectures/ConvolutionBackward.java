package dev.lockstep.grill.architectures;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ConvolutionFormula;
import dev.lockstep.reference.ConvolutionFormula.Geometry;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which gradient of a convolution flips the kernel, and which does not. */
public final class ConvolutionBackward implements Lab {
  private static final Question QUESTION =
      Question.number(41, "cnn-backprop", Topic.ARCHITECTURES)
          .asks("How does backpropagation go through a convolution?")
          .formula(
              "y = x ⋆ w;  ∂L/∂x = full convolution of ∂L/∂y with w, that is with w flipped;"
                  + "  ∂L/∂w = x ⋆ ∂L/∂y",
              "y = x \\star w, \\qquad \\frac{\\partial L}{\\partial x} = \\delta *_{\\text{full}}"
                  + " w, \\qquad \\frac{\\partial L}{\\partial w} = x \\star \\delta")
          .answer(
              "Both gradients are convolutions again: the one for the input takes the flipped"
                  + " kernel, the one for the kernel correlates the input with what comes back.")
          .but(
              "The flip belongs to the input alone; and it shows with a kernel that is not"
                  + " symmetric only, so never test with one that is.")
          .experiment(
              "Input 2 × 9 × 9, three kernels 2 × 3 × 3: both formulas against the autograd of the"
                  + " forward pass, with the flip and without; and one dimension written as a"
                  + " matrix.")
          .points(
              "the forward pass is a cross-correlation",
              "input gradient: full convolution with the kernel flipped",
              "kernel gradient: correlation of the input with the upstream gradient, no flip")
          .expects(Verdict.CONFIRMED);

  private static final int SIZE = 9;
  private static final int[] X_SHAPE = {1, 2, SIZE, SIZE};
  private static final int[] WEIGHT_SHAPE = {3, 2, 3, 3};
  private static final int OUT = SIZE - 2;
  private static final int LENGTH = 12;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    double[] weight = draws.normals(3 * 2 * 3 * 3, 1);
    Gradients plain = new Gradients(draws.child("plain"), weight);
    Criterion input = Criterion.below("relative error of the input's gradient", 1e-13);
    Criterion kernel = Criterion.below("relative error of the kernel's gradient", 1e-13);
    double unflipped = plain.inputError(ConvolutionFormula.flipped(weight, WEIGHT_SHAPE));
    findings.number("input's gradient, kernel flipped", plain.inputError(weight));
    findings.number("input's gradient, kernel not flipped", unflipped);
    findings.number("kernel's gradient, no flip", plain.kernelError(false));
    findings.number("kernel's gradient, flipped", plain.kernelError(true));
    findings.shows(input, "flipped", plain.inputError(weight));
    findings.control(input, "not flipped", unflipped);
    findings.shows(kernel, "not flipped", plain.kernelError(false));
    findings.control(kernel, "flipped", plain.kernelError(true));

    double[] symmetric = ConvolutionFormula.flipped(weight, WEIGHT_SHAPE);
    Arrays.setAll(symmetric, i -> symmetric[i] + weight[i]);
    Gradients blind = new Gradients(draws.child("plain"), symmetric);
    double hidden = blind.inputError(ConvolutionFormula.flipped(symmetric, WEIGHT_SHAPE));
    findings.number("input's gradient, not flipped, symmetric kernel", hidden);
    findings.shows(input, "not flipped, symmetric kernel", hidden);

    Criterion tied = Criterion.below("kernel's gradient against the sum over its places", 1e-13);
    double[] places = tiedRows(draws.child("matrix"));
    findings.number("kernel's gradient against the sum over its places", places[0]);
    findings.number("kernel's gradient against one row", places[1]);
    findings.shows(tied, "all rows", places[0]);
    findings.control(tied, "one row", places[1]);
    findings.picture(footprint(weight));
    return findings;
  }

  /** What autograd finds for one input and upstream gradient, to compare with. */
  private static final class Gradients {
    private final double[] x;
    private final double[] upstream;
    private final double[] ofX;
    private final double[] ofWeight;

    Gradients(Draws draws, double[] weight) {
      x = draws.normals(2 * SIZE * SIZE, 1);
      upstream = draws.normals(3 * OUT * OUT, 1);
      Tape tape = new Tape();
      Variable input = tape.variable(x, X_SHAPE);
      Variable kernels = tape.variable(weight, WEIGHT_SHAPE);
      ConvolutionFormula.conv2d(input, kernels, null, Geometry.PLAIN).seedGradient(upstream);
      tape.reverse();
      ofX = input.gradient();
      ofWeight = kernels.gradient();
    }

    /** Of the full convolution; it flips what it is handed. */
    double inputError(double[] weight) {
      return apart(
          ConvolutionFormula.inputGradient(upstream, weight, WEIGHT_SHAPE, X_SHAPE, Geometry.PLAIN),
          ofX);
    }

    double kernelError(boolean flipped) {
      double[] found =
          ConvolutionFormula.weightGradient(upstream, x, X_SHAPE, WEIGHT_SHAPE, Geometry.PLAIN);
      return apart(flipped ? ConvolutionFormula.flipped(found, WEIGHT_SHAPE) : found, ofWeight);
    }
  }

  /** Norm of the difference against the norm of what is right. */
  private static double apart(double[] found, double[] right) {
    return Vectors.relativeError(found, right);
  }

  /**
   * A one-dimensional kernel of three as a banded matrix: how far its gradient is from that of the
   * matrix, summed over the places each weight stands in, and from one row's.
   */
  private static double[] tiedRows(Draws draws) {
    int rows = LENGTH - 2;
    double[] kernel = draws.normals(3, 1);
    double[] x = draws.normals(LENGTH, 1);
    double[] upstream = draws.normals(rows, 1);
    Tape tape = new Tape();
    Variable weight = tape.variable(kernel, 1, 1, 1, 3);
    ConvolutionFormula.conv2d(tape.constant(x, 1, 1, 1, LENGTH), weight, null, Geometry.PLAIN)
        .seedGradient(upstream);
    tape.reverse();
    double[] banded = new double[rows * LENGTH];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(kernel, 0, banded, i * LENGTH + i, 3);
    }
    Tape dense = new Tape();
    Variable matrix = dense.variable(banded, rows, LENGTH);
    Primitives.matmul(matrix, dense.constant(x, LENGTH, 1)).seedGradient(upstream);
    dense.reverse();
    double[] summed = new double[3];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < 3; k++) {
        summed[k] += matrix.gradient()[i * LENGTH + i + k];
      }
    }
    double[] one = Arrays.copyOf(matrix.gradient(), 3);
    return new double[] {apart(summed, weight.gradient()), apart(one, weight.gradient())};
  }

  /** Where the gradient of one output goes. */
  private static Chart footprint(double[] weight) {
    double[] upstream = new double[3 * OUT * OUT];
    upstream[OUT * (OUT / 2) + OUT / 2] = 1;
    double[] gradient =
        ConvolutionFormula.inputGradient(upstream, weight, WEIGHT_SHAPE, X_SHAPE, Geometry.PLAIN);
    List<Double> columns = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<List<Double>> values = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      columns.add((double) i);
      names.add("row " + i);
      values.add(Arrays.stream(gradient, i * SIZE, (i + 1) * SIZE).boxed().toList());
    }
    return new Chart.HeatMap(
        "Gradient of one output with respect to the first channel",
        "column",
        columns,
        names,
        values,
        false);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double[] k = {d.between(1, 5), d.between(1, 5), d.between(1, 5)};
              double[] delta = {d.between(1, 3), d.between(1, 3)};
              return Calculation.of(
                      "Kernel (%.0f, %.0f, %.0f), four inputs, no padding; (%.0f, %.0f) comes back: ∂L/∂x?"
                          .formatted(k[0], k[1], k[2], delta[0], delta[1]),
                      spread(k, delta))
                  .slip(spread(new double[] {k[2], k[1], k[0]}, delta), "flips once too often")
                  .slip(
                      List.of(delta[0] * k[0], delta[0] * k[1], delta[0] * k[2], 0.0),
                      "leaves the second output out")
                  .slip(
                      List.of(0.0, delta[1] * k[0], delta[1] * k[1], delta[1] * k[2]),
                      "leaves the first output out");
            }));
  }

  /** What each output sends back through the kernel, added up. */
  private static List<Double> spread(double[] kernel, double[] delta) {
    double[] x = new double[delta.length + kernel.length - 1];
    for (int o = 0; o < delta.length; o++) {
      for (int i = 0; i < kernel.length; i++) {
        x[o + i] += delta[o] * kernel[i];
      }
    }
    return Arrays.stream(x).boxed().toList();
  }
}
