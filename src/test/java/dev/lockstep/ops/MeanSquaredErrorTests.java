package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Squares of whole numbers are exact: so are their sums, whatever the order. */
abstract class MeanSquaredErrorTests extends OpTests {
  /** One; odd; around a block's vectors; around chunks of 8192. */
  private static final int[] COUNTS = {1, 7, 2049, 8192, 8193, 17_001};

  private static final double SCALE = 4;

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(COUNTS)
                    .boxed()
                    .flatMap(
                        n ->
                            Stream.of(
                                elementwise(dtype, n),
                                reduced(dtype, n, true),
                                reduced(dtype, n, false))));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(normal(DType.F32, 30_001), normal(DType.BF16, 30_001));
  }

  private static double[] inputs(int n) {
    return Samples.integers(1, n, 5);
  }

  private static double[] targets(int n) {
    return Samples.integers(2, n, 5);
  }

  private static double[] differences(int n) {
    double[] difference = inputs(n);
    double[] targets = targets(n);
    Arrays.setAll(difference, i -> difference[i] - targets[i]);
    return difference;
  }

  private static OpCase elementwise(DType dtype, int n) {
    double[] difference = differences(n);
    double[] upstream = Samples.integers(3, n, 3);
    double[] dInput = new double[n];
    Arrays.setAll(dInput, i -> 2 * upstream[i] * difference[i]);
    return new OpCase(
            "elementwise %s, %d".formatted(dtype.suffix(), n),
            (ops, memory) ->
                ops.meanSquaredError.elementwise(
                    ops.stream,
                    memory.output("losses", dtype, n),
                    memory.output("dInput", dtype, n),
                    memory.output("dTarget", dtype, n),
                    memory.input(dtype, inputs(n), n),
                    memory.input(dtype, targets(n), n),
                    memory.input(dtype, upstream, n)))
        .exactly("losses", DoubleStream.of(difference).map(d -> d * d).toArray())
        .exactly("dInput", dInput)
        .exactly("dTarget", DoubleStream.of(dInput).map(d -> -d).toArray());
  }

  private static OpCase reduced(DType dtype, int n, boolean mean) {
    double[] difference = differences(n);
    double sum = DoubleStream.of(difference).map(d -> d * d).sum();
    float factor = (float) (mean ? 1.0 / n : 1);
    double[] dInput =
        DoubleStream.of(difference)
            .map(d -> dtype.round((float) (2 * SCALE * factor * d)))
            .toArray();
    return new OpCase(
            "%s %s, %d".formatted(mean ? "mean" : "sum", dtype.suffix(), n),
            (ops, memory) -> {
              Tensor input = memory.input(dtype, inputs(n), n);
              ops.meanSquaredError.reduced(
                  ops.stream,
                  memory.output("loss", DType.F32, 1),
                  memory.output("dInput", dtype, n),
                  null,
                  memory.scratch(
                      DType.F32, MeanSquaredError.workspaceShape(input.shape()).extents()),
                  input,
                  memory.input(dtype, targets(n), n),
                  memory.scalar(SCALE),
                  mean);
            })
        .exactly("loss", new double[] {(float) (mean ? sum / n : sum)})
        .exactly("dInput", dInput);
  }

  /** Numbers whose sum depends on the order of adding. */
  private static OpCase normal(DType dtype, int n) {
    double[] input = Samples.normal(1, n, dtype);
    double[] target = Samples.normal(2, n, dtype);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (input[i] - target[i]) * (input[i] - target[i]);
    }
    return new OpCase(
            "sum of normal %s, %d".formatted(dtype.suffix(), n),
            (ops, memory) -> {
              Tensor x = memory.input(dtype, input, n);
              ops.meanSquaredError.reduced(
                  ops.stream,
                  memory.output("loss", DType.F32, 1),
                  null,
                  null,
                  memory.scratch(DType.F32, MeanSquaredError.workspaceShape(x.shape()).extents()),
                  x,
                  memory.input(dtype, target, n),
                  null,
                  false);
            })
        .within(
            Tolerances.SQUARED_ERROR_SUM.of(DType.F32, n, sum, sum), "loss", new double[] {sum});
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void whatIsNotFiniteShowsInTheLoss(DType dtype) {
    double inf = Double.POSITIVE_INFINITY;
    double[] input = {1, Double.NaN, inf, inf, -inf};
    double[] target = {3, 0, 0, inf, inf};
    OpCase op =
        new OpCase(
            "not finite",
            (ops, memory) ->
                ops.meanSquaredError.elementwise(
                    ops.stream,
                    memory.output("losses", dtype, 5),
                    memory.output("dInput", dtype, 5),
                    null,
                    memory.input(dtype, input, 5),
                    memory.input(dtype, target, 5),
                    null));
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
    double nan = Double.NaN;
    assertThat(output(outputs, "losses").values()).containsExactly(4, nan, inf, nan, inf);
    assertThat(output(outputs, "dInput").values()).containsExactly(-4, nan, inf, nan, -inf);
  }

  @Test
  void aSquareBeyondFp16IsInfiniteAloneAndCountsInASum() {
    double[] input = {300, -300, 1};
    double[] target = {0, 300, 1};
    OpCase op =
        new OpCase(
            "large",
            (ops, memory) -> {
              Tensor x = memory.input(DType.F16, input, 3);
              Tensor y = memory.input(DType.F16, target, 3);
              ops.meanSquaredError.elementwise(
                  ops.stream, memory.output("losses", DType.F16, 3), null, null, x, y, null);
              ops.meanSquaredError.reduced(
                  ops.stream,
                  memory.output("loss", DType.F32, 1),
                  null,
                  null,
                  memory.scratch(DType.F32, 1),
                  x,
                  y,
                  null,
                  false);
            });
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
    double inf = Double.POSITIVE_INFINITY;
    assertThat(output(outputs, "losses").values()).containsExactly(inf, inf, 0);
    assertThat(output(outputs, "loss").values()).containsExactly(450_000);
  }

  @ParameterizedTest
  @CsvSource({"F32, 0, 1", "F16, 1, 0", "BF16, 2, 0", "F32, 1, 2", "BF16, 0, 2"})
  void gradientsMayReplaceInputTargetOrUpstream(DType dtype, int dInputAt, int dTargetAt) {
    int n = 333;
    double[][] values = {inputs(n), targets(n), Samples.integers(3, n, 3)};
    OpCase inPlace =
        new OpCase(
            "in place",
            (ops, memory) -> {
              Tensor[] tensors = new Tensor[3];
              for (int i = 0; i < 3; i++) {
                String name = i == dInputAt ? "dInput" : i == dTargetAt ? "dTarget" : "kept";
                tensors[i] = memory.updated(name, dtype, values[i], n);
              }
              ops.meanSquaredError.elementwise(
                  ops.stream,
                  memory.output("losses", dtype, n),
                  tensors[dInputAt],
                  tensors[dTargetAt],
                  tensors[0],
                  tensors[1],
                  tensors[2]);
            });
    assertNumbers(elementwise(dtype, n), run(bench(), inPlace, 0));
  }
}
