package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.GLOBAL_NORM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Norms over many tensors, the clip factor, and the flag for numbers that are not finite. */
abstract class GlobalNormTests extends OpTests {
  /** Single; around one chunk of 32768; several; small ones between large ones. */
  private static final int[] COUNTS = {1, 32_768, 3, 32_769, 70_000, 7};

  @Override
  Stream<OpCase> cases() {
    return Stream.of(
            TYPES.stream().flatMap(d -> Stream.of(norms(d, NormType.L2), norms(d, NormType.MAX))),
            Stream.of(mixed(NormType.L2), mixed(NormType.MAX)),
            TYPES.stream().flatMap(d -> Stream.of(1, 7, 2049).map(count -> scaling(d, count))),
            TYPES.stream().flatMap(d -> Stream.of(clipping(d, false), clipping(d, true))))
        .flatMap(Function.identity());
  }

  private static OpCase norms(DType dtype, NormType type) {
    return norms("%s of %s".formatted(type, dtype.suffix()), index -> dtype, type);
  }

  private static OpCase mixed(NormType type) {
    return norms(type + " of mixed types", index -> TYPES.get(index % TYPES.size()), type);
  }

  private static OpCase norms(String name, IntFunction<DType> dtypes, NormType type) {
    List<double[]> gradients =
        IntStream.range(0, COUNTS.length)
            .mapToObj(i -> Samples.normal(i, COUNTS[i], dtypes.apply(i)))
            .toList();
    double[] expected = gradients.stream().mapToDouble(g -> norm(g, type)).toArray();
    double largest = Samples.largest(expected);
    double tolerance =
        type == NormType.MAX ? 0 : GLOBAL_NORM.of(DType.F32, 70_000, largest, largest);
    return new OpCase(
            name,
            (ops, memory) -> {
              List<Tensor> tensors = new ArrayList<>();
              for (int i = 0; i < COUNTS.length; i++) {
                tensors.add(memory.input(dtypes.apply(i), gradients.get(i), COUNTS[i]));
              }
              Tensor norms = memory.output("norms", DType.F32, COUNTS.length);
              StepState state = newState(ops, memory);
              Tensor workspace = workspace(memory, tensors);
              TensorTable table = table(ops, memory, tensors);
              ops.globalNorm.compute(
                  ops.stream, state, table, workspace, Options.clipTo(1).of(type));
              ops.globalNorm.tensorNorms(ops.stream, norms, state, table, workspace, type);
            })
        .within(tolerance, "norms", expected);
  }

  /** All three types in one launch; gradFactor is 1/4, the bound 0.25. */
  private static OpCase clipping(DType dtype, boolean byValueToo) {
    OpCase op =
        new OpCase(
            "clipping %s by norm%s".formatted(dtype.suffix(), byValueToo ? " and value" : ""),
            (ops, memory) -> {
              List<Tensor> tensors = new ArrayList<>();
              for (int i = 0; i < COUNTS.length; i++) {
                double[] g = Samples.normal(i, COUNTS[i], dtype);
                tensors.add(memory.updated("g" + i, dtype, g, COUNTS[i]));
              }
              StepState state = newState(ops, memory);
              state.setLossScale(ops.stream, 4);
              TensorTable table = table(ops, memory, tensors);
              ops.globalNorm.compute(
                  ops.stream, state, table, workspace(memory, tensors), Options.measure());
              if (byValueToo) {
                ops.clipping.byNormAndValue(ops.stream, table, state, 0.25f);
              } else {
                ops.clipping.byNorm(ops.stream, table, state);
              }
            });
    for (int i = 0; i < COUNTS.length; i++) {
      DoubleUnaryOperator bounded = v -> byValueToo ? Math.max(-0.25, Math.min(0.25, v)) : v;
      double[] g = Samples.normal(i, COUNTS[i], dtype);
      op.exactly(
          "g" + i, Arrays.stream(g).map(v -> dtype.round(bounded.applyAsDouble(v / 4))).toArray());
    }
    return op;
  }

  private static OpCase scaling(DType dtype, int count) {
    double[] gradient = Samples.normal(1, count, dtype);
    return new OpCase(
            "scaling %s, %d".formatted(dtype.suffix(), count),
            (ops, memory) ->
                ops.scaling.scale(
                    ops.stream,
                    memory.updated("gradient", dtype, gradient, count),
                    memory.scalar(0.25)))
        .exactly("gradient", Arrays.stream(gradient).map(v -> dtype.round(v / 4)).toArray());
  }

  /** Gradients 3 and 4 make a norm of 5 exactly. */
  @ParameterizedTest
  @CsvSource({
    // loss scale, maxNorm, norm, clip factor
    "1, Infinity, 5, 1",
    "1, 10, 5, 1",
    "4, 10, 1.25, 1",
    "1, 2.5, 5, 0.5",
    "2, 1, 2.5, 0.4"
  })
  void theClipFactorIsMaxNormOverTheUnscaledNorm(
      float lossScale, float maxNorm, float norm, float clip) {
    StepState.Values values = stateOf(DType.F32, lossScale, maxNorm, new double[][] {{3}, {4}});
    assertThat(values.norm()).isEqualTo(norm);
    // Within what the 1e-6 beside the norm does to it, and one rounding.
    assertThat((double) values.clipFactor()).isBetween(clip * (1 - 1e-6), (double) clip);
    assertThat(values.gradFactor()).isEqualTo(values.clipFactor() / lossScale);
    assertThat(values.nonFinite()).isZero();
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void theFirstTensorThatIsNotFiniteIsNamed(DType dtype) {
    double[] late = new double[20_000];
    late[19_999] = Double.NEGATIVE_INFINITY;
    double[][] gradients = {{1, 2}, late, {Double.NaN}};

    StepState.Values nan = stateOf(dtype, 1, 1, gradients);
    assertThat(nan.nonFinite()).isEqualTo(2);
    assertThat(nan.norm()).isNaN();
    assertThat(nan.clipFactor()).isZero();
    assertThat(nan.gradFactor()).isZero();
    assertThat(nan.skip()).isTrue();

    StepState.Values infinite = stateOf(dtype, 1, 1, new double[][] {{1, 2}, late});
    assertThat(infinite.nonFinite()).isEqualTo(2);
    assertThat(infinite.norm()).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(infinite.clipFactor()).isZero();
  }

  /** Squares of these leave the range of fp32, their norms do not. */
  @ParameterizedTest
  @CsvSource({"1e30", "1e-30", "3e-39", "1e38"})
  void squaresMayOverflowOrVanishTheNormDoesNot(float magnitude) {
    double[] gradient = new double[100];
    Arrays.fill(gradient, magnitude);
    float norm = stateOf(DType.F32, 1, Float.POSITIVE_INFINITY, new double[][] {gradient}).norm();
    double expected = Math.min(10.0 * magnitude, Double.MAX_VALUE);
    if (expected > Float.MAX_VALUE) {
      assertThat(norm).isEqualTo(Float.POSITIVE_INFINITY);
    } else {
      assertThat((double) norm)
          .isCloseTo(expected, Offset.offset(GLOBAL_NORM.of(DType.F32, 100, expected, expected)));
    }
  }

  @Test
  void allZeroHasNormZeroAndIsNotClipped() {
    StepState.Values values = stateOf(DType.F32, 1, 1, new double[][] {{0, 0}, {-0.0}});
    assertThat(values.norm()).isZero();
    assertThat(values.clipFactor()).isEqualTo(1);
    assertThat(values.nonFinite()).isZero();
  }

  private StepState.Values stateOf(
      DType dtype, float lossScale, float maxNorm, double[][] gradients) {
    return stateOf(dtype, lossScale, Options.clipTo(maxNorm), gradients);
  }

  private StepState.Values stateOf(
      DType dtype, float lossScale, Options options, double[][] gradients) {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      List<Tensor> tensors = new ArrayList<>();
      for (double[] gradient : gradients) {
        tensors.add(memory.input(dtype, gradient, gradient.length));
      }
      StepState state = newState(ops, memory);
      state.setLossScale(ops.stream, lossScale);
      TensorTable table = table(ops, memory, tensors);
      ops.globalNorm.compute(ops.stream, state, table, workspace(memory, tensors), options);
      memory.finish();
      return state.read(ops.stream);
    }
  }

  private static StepState newState(OpBench ops, GuardedMemory memory) {
    StepState state =
        new StepState(ops.library, memory.words("state", (int) StepState.SHAPE.count()));
    state.reset(ops.stream);
    return state;
  }

  private static TensorTable table(OpBench ops, GuardedMemory memory, List<Tensor> tensors) {
    Tensor storage = memory.scratch(DType.I32, TensorTable.storageShape(tensors).extents());
    return new TensorTable(ops.stream, storage, tensors);
  }

  private static Tensor workspace(GuardedMemory memory, List<Tensor> tensors) {
    return memory.scratch(DType.F64, GlobalNorm.workspaceShape(tensors).extents());
  }

  private static double norm(double[] gradient, NormType type) {
    return type == NormType.MAX
        ? Samples.largest(gradient)
        : Math.sqrt(Arrays.stream(gradient).map(v -> v * v).sum());
  }
}
