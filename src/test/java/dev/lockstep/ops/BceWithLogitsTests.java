package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Losses and gradients against the textbook formula; tails; what is not finite. */
abstract class BceWithLogitsTests extends OpTests {
  /**
   * Rows, columns: the smallest; columns fewer than a vector's elements; odd; as many as a vector;
   * a tail after one chunk of 8192; many columns of one row.
   */
  private static final int[][] SHAPES = {
    {1, 1}, {77, 1}, {31, 3}, {9, 7}, {16, 8}, {43, 191}, {1, 515}
  };

  private static final float SCALE = 3;

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        s ->
                            Stream.of(
                                elementwise(new Problem(dtype, s[0], s[1])),
                                reduced(new Problem(dtype, s[0], s[1]), true))));
  }

  /** Three chunks, the last ragged. */
  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        reduced(new Problem(DType.F32, 83, 211), false),
        reduced(new Problem(DType.F16, 83, 211), true),
        elementwise(new Problem(DType.BF16, 83, 211)));
  }

  /** Inputs, and what the formula makes of them. */
  private static final class Problem {
    final DType dtype;
    final int rows;
    final int cols;
    final int n;
    final double[] logits;
    final double[] targets;
    final double[] weight;
    final double[] upstream;
    final double[] posWeight;
    final double[] losses;
    final double[] gradients; // of the sum

    Problem(DType dtype, int rows, int cols) {
      this.dtype = dtype;
      this.rows = rows;
      this.cols = cols;
      n = rows * cols;
      logits = Samples.normal(1, n, dtype);
      targets =
          Arrays.stream(Samples.normal(2, n, dtype))
              .map(t -> dtype.round(Math.clamp(t + 0.5, 0, 1)))
              .toArray();
      weight =
          Arrays.stream(Samples.normal(3, n, dtype)).map(w -> dtype.round(Math.abs(w))).toArray();
      upstream = Samples.normal(4, n, dtype);
      posWeight = new double[cols];
      Arrays.setAll(posWeight, column -> 0.125f + column % 11);
      Tape tape = new Tape();
      Variable x = tape.variable(logits, rows, cols);
      Variable loss = BceWithLogitsFormula.elements(x, targets, weight, posWeight);
      double[] ones = new double[n];
      Arrays.fill(ones, 1);
      loss.seedGradient(ones);
      tape.reverse();
      losses = loss.values();
      gradients = x.gradient();
    }

    double largestWeight() {
      return Math.max(1, Samples.largest(weight)) * Math.max(1, Samples.largest(posWeight));
    }

    @Override
    public String toString() {
      return "%s, %d x %d".formatted(dtype.suffix(), rows, cols);
    }
  }

  private static OpCase elementwise(Problem p) {
    double[] gradients = new double[p.n];
    Arrays.setAll(gradients, i -> p.upstream[i] * p.gradients[i]);
    double loss = Samples.largest(p.losses);
    double size = p.largestWeight() * Samples.largest(p.upstream);
    return new OpCase(
            "elementwise " + p,
            (ops, memory) ->
                ops.bceWithLogits.elementwise(
                    ops.stream,
                    memory.output("losses", p.dtype, p.rows, p.cols),
                    memory.output("dLogits", p.dtype, p.rows, p.cols),
                    memory.input(p.dtype, p.logits, p.rows, p.cols),
                    memory.input(p.dtype, p.targets, p.n),
                    memory.input(p.dtype, p.weight, p.n),
                    memory.input(DType.F32, p.posWeight, p.cols),
                    memory.input(p.dtype, p.upstream, p.n)))
        .within(Tolerances.BINARY_CROSS_ENTROPY.of(p.dtype, 1, loss, loss), "losses", p.losses)
        .within(
            Tolerances.BINARY_CROSS_ENTROPY_GRADIENT.of(
                p.dtype, 1, Samples.largest(gradients), size),
            "dLogits",
            gradients);
  }

  private static OpCase reduced(Problem p, boolean mean) {
    double divisor = mean ? p.n : 1;
    double total = DoubleStream.of(p.losses).sum() / divisor;
    double[] gradients = new double[p.n];
    Arrays.setAll(gradients, i -> SCALE * p.gradients[i] / divisor);
    return new OpCase(
            (mean ? "mean " : "sum ") + p,
            (ops, memory) -> {
              Tensor logits = memory.input(p.dtype, p.logits, p.rows, p.cols);
              ops.bceWithLogits.reduced(
                  ops.stream,
                  memory.output("loss", DType.F32, 1),
                  memory.output("dLogits", p.dtype, p.n),
                  memory.scratch(DType.F32, BceWithLogits.workspaceShape(logits.shape()).extents()),
                  logits,
                  memory.input(p.dtype, p.targets, p.n),
                  memory.input(p.dtype, p.weight, p.n),
                  memory.input(DType.F32, p.posWeight, p.cols),
                  memory.scalar(SCALE),
                  mean);
            })
        .within(
            Tolerances.BINARY_CROSS_ENTROPY_SUM.of(DType.F32, p.n, total, total),
            "loss",
            new double[] {total})
        .within(
            Tolerances.BINARY_CROSS_ENTROPY_GRADIENT.of(
                p.dtype, 1, Samples.largest(gradients), SCALE * p.largestWeight() / divisor),
            "dLogits",
            gradients);
  }

  private record Results(double[] losses, double[] gradients) {}

  private Results plain(DType dtype, double[] logits, double[] targets) {
    OpCase op =
        new OpCase(
            "plain",
            (ops, memory) ->
                ops.bceWithLogits.elementwise(
                    ops.stream,
                    memory.output("losses", dtype, logits.length),
                    memory.output("dLogits", dtype, logits.length),
                    memory.input(dtype, logits, logits.length),
                    memory.input(dtype, targets, logits.length),
                    null,
                    null,
                    null));
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
    return new Results(output(outputs, "losses").values(), output(outputs, "dLogits").values());
  }

  /** −ln of a sigmoid that has underflown would be infinite. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void aConfidentMistakeCostsItsLogitNeverInfinity(DType dtype) {
    double[] logits = {88, 104, 200, 1e4, 65504, -88, -104, -200, -1e4, -65504};
    Arrays.setAll(logits, i -> dtype.round(logits[i]));
    double[] targets = new double[logits.length];
    Arrays.setAll(targets, i -> logits[i] > 0 ? 0 : 1);
    Results results = plain(dtype, logits, targets);
    double[] sizes = DoubleStream.of(logits).map(Math::abs).toArray();
    assertThat(results.losses()).containsExactly(sizes);
    double[] signs = DoubleStream.of(logits).map(Math::signum).toArray();
    assertThat(results.gradients()).containsExactly(signs);
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void whatIsNotFiniteIsWhatTheFormulaTendsTo(DType dtype) {
    double inf = Double.POSITIVE_INFINITY;
    double nan = Double.NaN;
    double[] logits = {inf, inf, inf, -inf, -inf, -inf, nan, nan, 1};
    double[] targets = {1, 0, 0.5, 0, 1, 0.5, 0, 1, nan};
    Results results = plain(dtype, logits, targets);
    assertThat(results.losses()).containsExactly(0, inf, inf, 0, inf, inf, nan, nan, nan);
    assertThat(results.gradients()).containsExactly(0, 1, 0.5, -0.0, -1, -0.5, nan, nan, nan);
  }

  @Test
  void zeroHasNoSign() {
    Results results =
        plain(DType.F32, new double[] {0.0, -0.0, 0.0, -0.0}, new double[] {1, 1, 0, 0});
    assertThat(results.losses()).containsOnly((float) Math.log(2));
    assertThat(results.gradients()).containsExactly(-0.5, -0.5, 0.5, 0.5);
  }

  /**
   * Relative error over the whole range of e^−|x|: 8 + 2|x| units of 2⁻²⁴ for the exponential
   * (numeric.cuh), and at most 10 for the polynomial, the quotient, products and a sum.
   */
  @Test
  void tailsKeepTheirDigits() {
    int n = 4001;
    double[] logits = new double[n];
    Arrays.setAll(logits, i -> (float) ((i - n / 2) * (86.5 / (n / 2))));
    for (double target : new double[] {0, 1}) {
      double[] targets = new double[n];
      Arrays.fill(targets, target);
      Results results = plain(DType.F32, logits, targets);
      for (int i = 0; i < n; i++) {
        double against = target == 0 ? logits[i] : -logits[i];
        double e = Math.exp(-Math.abs(against));
        double loss = Math.max(against, 0) + Math.log1p(e);
        double sigmoid = (against > 0 ? 1 : e) / (1 + e);
        double bound = (18 + 2 * Math.abs(against)) * 0x1p-24;
        assertThat(results.losses()[i]).isCloseTo(loss, within(bound * loss));
        assertThat(results.gradients()[i])
            .isCloseTo(target == 0 ? sigmoid : -sigmoid, within(bound * sigmoid));
      }
    }
  }

  private enum Operand {
    LOSSES,
    GRADIENT,
    LOGITS,
    TARGETS,
    WEIGHT,
    UPSTREAM
  }

  /** Each operand at every distance from an aligned address while the others are aligned. */
  @ParameterizedTest
  @FieldSource("TYPES")
  void bitsDoNotDependOnAlignment(DType dtype) {
    Problem p = new Problem(dtype, 3, 111);
    Results aligned = shifted(p, null, 0);
    for (Operand operand : Operand.values()) {
      for (int shift = 1; shift < 16 / dtype.byteSize(); shift++) {
        Results results = shifted(p, operand, shift);
        assertThat(results.losses()).isEqualTo(aligned.losses());
        assertThat(results.gradients()).isEqualTo(aligned.gradients());
      }
    }
  }

  private Results shifted(Problem p, @Nullable Operand operand, int shift) {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor[] tensors = new Tensor[Operand.values().length];
      double[][] values = {
        new double[p.n], new double[p.n], p.logits, p.targets, p.weight, p.upstream
      };
      for (Operand each : Operand.values()) {
        int by = each == operand ? shift : 0;
        double[] padded = new double[p.n + by];
        System.arraycopy(values[each.ordinal()], 0, padded, by, p.n);
        tensors[each.ordinal()] =
            memory.updated(each.name(), p.dtype, padded, padded.length).slice(by, p.n);
      }
      ops.bceWithLogits.elementwise(
          ops.stream, tensors[0], tensors[1], tensors[2], tensors[3], tensors[4], null, tensors[5]);
      return new Results(tensors[0].toDoubles(ops.stream), tensors[1].toDoubles(ops.stream));
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, true", "F32, false", "F16, true", "BF16, false"})
  void theGradientMayReplaceLogitsOrItsUpstream(DType dtype, boolean logitsReplaced) {
    Problem p = new Problem(dtype, 5, 67);
    OpCase inPlace =
        new OpCase(
            "in place",
            (ops, memory) -> {
              double[] replaced = logitsReplaced ? p.logits : p.upstream;
              double[] kept = logitsReplaced ? p.upstream : p.logits;
              Tensor dLogits = memory.updated("dLogits", dtype, replaced, p.rows, p.cols);
              Tensor other = memory.input(dtype, kept, p.rows, p.cols);
              ops.bceWithLogits.elementwise(
                  ops.stream,
                  memory.output("losses", dtype, p.n),
                  dLogits,
                  logitsReplaced ? dLogits : other,
                  memory.input(dtype, p.targets, p.n),
                  memory.input(dtype, p.weight, p.n),
                  memory.input(DType.F32, p.posWeight, p.cols),
                  logitsReplaced ? other : dLogits);
            });
    Map<String, GuardedMemory.Output> apart = run(bench(), elementwise(p), 0);
    Map<String, GuardedMemory.Output> together = run(bench(), inPlace, 0);
    for (String name : new String[] {"losses", "dLogits"}) {
      assertThat(output(together, name).values()).isEqualTo(output(apart, name).values());
    }
  }
}
