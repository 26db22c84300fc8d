package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.reference.ConvolutionFormula.Geometry;
import dev.lockstep.reference.RecurrentFormula.Cell;
import dev.lockstep.reference.RecurrentFormula.State;
import dev.lockstep.reference.RecurrentFormula.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every formula three ways: reverse mode, forward mode, and central differences of its values
 * alone. The first two read one list of partial derivatives, so what their agreement shows is that
 * the tape carries them rightly in both directions; the differences show that the list is right.
 */
class DerivativeTests {
  /** Balances truncation (h²) against cancellation (u/h): error near u^(2/3). */
  private static final double STEP = 0x1p-17;

  /** u^(2/3) is 2e-11; the formulas' third derivatives and conditioning cost the rest. */
  private static final double DIFFERENCE_TOLERANCE = 2e-8;

  /** Two orders of the same exact sums of at most some thousand terms. */
  private static final double TRANSPOSE_TOLERANCE = 1e-12;

  /** A function of several tensors with one output. */
  private record Formula(
      String name, Function<List<Variable>, Variable> apply, List<int[]> shapes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Formula formula(
      String name, Function<List<Variable>, Variable> apply, int[]... shapes) {
    return new Formula(name, apply, List.of(shapes));
  }

  private static int[] shape(int... extents) {
    return extents;
  }

  static Stream<Formula> formulas() {
    List<Formula> all = new ArrayList<>();
    for (ActivationFormula activation : ActivationFormula.values()) {
      all.add(formula("act " + activation, in -> activation.apply(in.get(0), 0.2), shape(4, 5)));
      all.add(
          formula(
              "glu " + activation,
              in -> LinearFormula.glu(in.get(0), in.get(1), activation),
              shape(3, 4),
              shape(3, 4)));
    }
    all.add(
        formula(
            "linear",
            in -> LinearFormula.linear(in.get(0), in.get(1), in.get(2)),
            shape(3, 5),
            shape(4, 5),
            shape(4)));
    all.add(
        formula(
            "linear, batched, no bias",
            in -> LinearFormula.linear(in.get(0), in.get(1), null),
            shape(2, 3, 5),
            shape(4, 5)));
    all.add(formula("x used twice", in -> Primitives.multiply(in.get(0), in.get(0)), shape(4)));
    all.addAll(elementary());
    all.addAll(convolutions());
    all.addAll(recurrent());
    all.addAll(batchNorms());
    all.add(formula("softmax", in -> SoftmaxFormula.softmax(in.get(0)), shape(3, 7)));
    all.add(formula("log softmax", in -> SoftmaxFormula.logSoftmax(in.get(0)), shape(3, 7)));
    all.add(
        formula(
            "layernorm",
            in -> NormFormula.layerNorm(in.get(0), in.get(1), in.get(2), 1e-5).y(),
            shape(3, 6),
            shape(6),
            shape(6)));
    all.add(
        formula(
            "layernorm rstd",
            in -> NormFormula.layerNorm(in.get(0), null, null, 0.1).rstd(),
            shape(3, 6)));
    all.add(
        formula(
            "layernorm of a sum",
            in -> NormFormula.layerNorm(Primitives.add(in.get(0), in.get(1)), null, null, 1e-5).y(),
            shape(3, 6),
            shape(3, 6)));
    all.add(
        formula(
            "rmsnorm",
            in -> NormFormula.rmsNorm(in.get(0), in.get(1), 1e-6).y(),
            shape(3, 6),
            shape(6)));
    all.add(
        formula(
            "embedding, repeated ids",
            in -> EmbeddingFormula.lookup(in.get(0), 2, 0, 2, 4, 2),
            shape(5, 3)));
    all.add(
        formula(
            "embedding, concatenated",
            in -> EmbeddingFormula.concatenated(in.get(0), new int[] {1, 1, 0, 4}, 2),
            shape(5, 3)));
    all.add(
        formula(
            "mean squared error",
            in -> Primitives.mean(SquaredErrorFormula.elements(in.get(0), in.get(1))),
            shape(3, 4),
            shape(3, 4)));
    all.add(
        formula(
            "binary cross-entropy, weighted",
            in ->
                BceWithLogitsFormula.elements(
                    in.get(0),
                    new double[] {0, 1, 0.25, 1, 0, 0.75},
                    new double[] {1, 2, 0.5, 3, 1, 1},
                    new double[] {2, 0.25, 1}),
            shape(2, 3)));
    for (CrossEntropyFormula.Reduction reduction : CrossEntropyFormula.Reduction.values()) {
      for (double smoothing : new double[] {0, 0.1}) {
        for (double zLoss : new double[] {0, 1e-2}) {
          CrossEntropyFormula loss = new CrossEntropyFormula(reduction, -100, smoothing, zLoss);
          all.add(
              formula(
                  "cross-entropy " + loss,
                  in -> loss.loss(in.get(0), new int[] {1, -100, 6, 0}).loss(),
                  shape(4, 7)));
        }
        double[] weights = {1, 0, 2, 0.5, 3};
        CrossEntropyFormula full =
            new CrossEntropyFormula(reduction, -100, smoothing, 1e-2, 1.5, 5);
        all.add(
            formula(
                "cross-entropy, weighted " + full,
                in -> full.loss(in.get(0), new int[] {1, -100, 4, 0}, weights).loss(),
                shape(4, 7)));
      }
    }
    for (boolean preNorm : new boolean[] {true, false}) {
      all.add(gatedNetwork(preNorm));
      all.add(plainNetwork(preNorm));
    }
    return all.stream();
  }

  private static List<Formula> elementary() {
    return List.of(
        formula("subtract", in -> Primitives.subtract(in.get(0), in.get(1)), shape(3), shape(3)),
        formula("affine", in -> Primitives.affine(in.get(0), -3, 2), shape(3)),
        formula("scale", in -> Primitives.scale(in.get(0), 0.3), shape(3)),
        formula("matmul", in -> Primitives.matmul(in.get(0), in.get(1)), shape(3, 6), shape(6, 2)),
        formula("map", in -> Primitives.map(in.get(0), Math::sin, Math::cos), shape(3)),
        formula(
            "map by output",
            in -> Primitives.mapByOutput(in.get(0), Math::tanh, y -> 1 - y * y),
            shape(3)),
        formula("mean", in -> Primitives.mean(in.get(0)), shape(2, 3)),
        formula("log-sum-exp", in -> Primitives.logSumExp(in.get(0)), shape(2, 3)),
        formula("masked", in -> DropoutFormula.masked(in.get(0), new double[] {0, 2}), shape(2)),
        formula("transpose", in -> Views.transpose(in.get(0)), shape(2, 3)),
        formula("reshape", in -> Views.reshape(in.get(0), 3, 2), shape(2, 3)),
        formula("rows", in -> Views.rows(in.get(0), 1, 3), shape(4, 2)),
        formula("columns", in -> Views.columns(in.get(0), 1, 3), shape(2, 4)),
        formula("below", in -> Views.below(in.get(0), in.get(1)), shape(2, 3), shape(1, 3)),
        formula("beside", in -> Views.beside(in.get(0), in.get(1)), shape(2, 3), shape(2, 1)),
        formula(
            "across channels",
            in -> Views.acrossChannels(in.get(0), in.get(1)),
            shape(3),
            shape(2, 3, 2)),
        formula(
            "checkpoint",
            in ->
                in.get(0)
                    .tape()
                    .checkpoint(
                        x -> Primitives.multiply(Primitives.map(x, Math::sin, Math::cos), x),
                        in.get(0)),
            shape(3)),
        formula("everywhere", in -> Views.everywhere(in.get(0), in.get(1)), shape(1), shape(2, 3)));
  }

  /** Strides that leave a rest, taps outside on both sides, gaps, groups, and one pixel. */
  private static List<Formula> convolutions() {
    return List.of(
        convolution(new Geometry(1, 0, 1, 1), shape(2, 2, 4, 5), shape(3, 2, 2, 3)),
        convolution(new Geometry(2, 1, 1, 2), shape(1, 4, 6, 5), shape(2, 2, 3, 2)),
        convolution(new Geometry(1, 2, 2, 1), shape(1, 1, 4, 4), shape(2, 1, 3, 3)),
        convolution(new Geometry(3, 0, 1, 1), shape(1, 1, 1, 1), shape(1, 1, 1, 1)));
  }

  private static Formula convolution(Geometry geometry, int[] x, int[] weight) {
    return formula(
        "convolution " + geometry,
        in -> ConvolutionFormula.conv2d(in.get(0), in.get(1), in.get(2), geometry),
        x,
        weight,
        shape(weight[0]));
  }

  private static List<Formula> recurrent() {
    return List.of(
        overTime("rnn", 1, w -> RecurrentFormula.rnn(w, ActivationFormula.TANH)),
        overTime("lstm", 4, RecurrentFormula::lstm),
        overTime("gru", 3, RecurrentFormula::gru));
  }

  private static Formula overTime(String name, int gates, Function<Weights, Cell> cell) {
    return formula(
        name,
        in ->
            RecurrentFormula.over(
                    in.get(0),
                    new State(in.get(1), in.get(2)),
                    cell.apply(new Weights(in.get(3), in.get(4), in.get(5), in.get(6))))
                .y(),
        shape(3, 2, 4),
        shape(2, 3),
        shape(2, 3),
        shape(gates * 3, 4),
        shape(gates * 3, 3),
        shape(gates * 3),
        shape(gates * 3));
  }

  private static List<Formula> batchNorms() {
    BatchNormFormula norm = new BatchNormFormula(1e-5, 0.1);
    BatchNormFormula.Running running = new BatchNormFormula.Running(3);
    return List.of(
        formula(
            "batch norm",
            in -> norm.train(in.get(0), in.get(1), in.get(2), null).y(),
            shape(4, 3, 2),
            shape(3),
            shape(3)),
        formula(
            "batch norm, evaluating",
            in -> norm.evaluate(in.get(0), in.get(1), in.get(2), running),
            shape(4, 3, 2),
            shape(3),
            shape(3)));
  }

  private static Formula gatedNetwork(boolean preNorm) {
    NetworkFormula network =
        new NetworkFormula(1, preNorm, false, true, ActivationFormula.SILU, 1e-5);
    return formula(
        "gated network, preNorm " + preNorm,
        in ->
            network
                .apply(
                    Map.of(
                        "blocks.0.norm.weight", in.get(1),
                        "blocks.0.gate.weight", in.get(2),
                        "blocks.0.up.weight", in.get(3),
                        "blocks.0.down.weight", in.get(4),
                        "final_norm.weight", in.get(5)),
                    in.get(0),
                    in.get(6),
                    null)
                .logits(),
        shape(2, 4),
        shape(4),
        shape(5, 4),
        shape(5, 4),
        shape(4, 5),
        shape(4),
        shape(3, 4));
  }

  private static Formula plainNetwork(boolean preNorm) {
    NetworkFormula network =
        new NetworkFormula(1, preNorm, true, false, ActivationFormula.GELU_ERF, 1e-5);
    return formula(
        "plain network, preNorm " + preNorm,
        in ->
            network
                .apply(
                    Map.of(
                        "blocks.0.norm.weight", in.get(1),
                        "blocks.0.norm.bias", in.get(2),
                        "blocks.0.fc1.weight", in.get(3),
                        "blocks.0.fc1.bias", in.get(4),
                        "blocks.0.fc2.weight", in.get(5),
                        "final_norm.weight", in.get(6)),
                    in.get(0),
                    in.get(7),
                    in.get(8))
                .logits(),
        shape(2, 4),
        shape(4),
        shape(4),
        shape(5, 4),
        shape(5),
        shape(4, 5),
        shape(4),
        shape(3, 4),
        shape(3));
  }

  /** One evaluation on a tape of its own. */
  private static final class Evaluation {
    private final Tape tape = new Tape();
    private final List<Variable> inputs;
    private final Variable output;

    Evaluation(Formula formula, List<double[]> values) {
      inputs =
          IntStream.range(0, values.size())
              .mapToObj(i -> tape.variable(values.get(i), formula.shapes().get(i)))
              .toList();
      output = formula.apply().apply(inputs);
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void reverseForwardAndDifferencesAgree(Formula formula) {
    Random random = new Random(formula.name().hashCode());
    List<double[]> at = randomLike(formula, random);
    List<double[]> direction = randomLike(formula, random);

    Evaluation evaluation = new Evaluation(formula, at);
    double[] upstream = random.doubles(evaluation.output.count(), -1, 1).toArray();
    evaluation.output.seedGradient(upstream);
    evaluation.tape.reverse();
    double reverse = 0;
    for (int i = 0; i < direction.size(); i++) {
      evaluation.inputs.get(i).seedTangent(direction.get(i));
      reverse += dot(evaluation.inputs.get(i).gradient(), direction.get(i));
    }
    evaluation.tape.forward();
    double forward = dot(upstream, evaluation.output.tangent());
    double differences =
        (dot(upstream, new Evaluation(formula, moved(at, direction, STEP)).output.values())
                - dot(
                    upstream, new Evaluation(formula, moved(at, direction, -STEP)).output.values()))
            / (2 * STEP);

    double scale = 1 + Math.abs(differences);
    assertThat(Math.abs(differences)).as("a derivative that is there").isGreaterThan(1e-5);
    assertThat(reverse).isCloseTo(forward, within(TRANSPOSE_TOLERANCE * scale));
    assertThat(reverse).isCloseTo(differences, within(DIFFERENCE_TOLERANCE * scale));
  }

  private static List<double[]> randomLike(Formula formula, Random random) {
    return formula.shapes().stream()
        .map(s -> random.doubles(Variable.count(s), -1.5, 1.5).toArray())
        .toList();
  }

  private static List<double[]> moved(List<double[]> at, List<double[]> direction, double step) {
    List<double[]> moved = new ArrayList<>();
    for (int i = 0; i < at.size(); i++) {
      double[] values = at.get(i).clone();
      for (int e = 0; e < values.length; e++) {
        values[e] += step * direction.get(i)[e];
      }
      moved.add(values);
    }
    return moved;
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }
}
