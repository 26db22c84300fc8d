package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.MOMENT;
import static dev.lockstep.check.Tolerances.OPTIMIZED;
import static dev.lockstep.check.Tolerances.OPTIMIZED_COPY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamWKernel.Settings;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Three steps against the textbook update, the compute copy, and steps that must be skipped. */
abstract class AdamWKernelTests extends OpTests {
  private static final Settings SETTINGS = new Settings(0.9f, 0.999f, 1e-8f, 0.1f);
  private static final float RATE = 0.01f;
  private static final int STEPS = 3;

  @Override
  Stream<OpCase> cases() {
    return Stream.of(1, 7, 2049)
        .flatMap(
            count ->
                Stream.concat(
                    Stream.of(steps(count, null)), TYPES.stream().map(copy -> steps(count, copy))));
  }

  /** With a loss scale of 8 and no clipping, so that gradFactor is 1/8 exactly. */
  private static OpCase steps(int count, @Nullable DType copyType) {
    double[] master = Samples.normal(1, count, DType.F32);
    double[] first = new double[count];
    double[] second = new double[count];
    double[] expected = master.clone();
    for (int step = 1; step <= STEPS; step++) {
      update(expected, first, second, gradient(step, count), step);
    }
    OpCase op =
        new OpCase(
            "%d elements, copy %s"
                .formatted(count, copyType == null ? "left out" : copyType.suffix()),
            (ops, memory) -> {
              Tensor weights = memory.updated("master", DType.F32, master, count);
              Tensor mean = memory.updated("first", DType.F32, new double[count], count);
              Tensor square = memory.updated("second", DType.F32, new double[count], count);
              Tensor copy = copyType == null ? null : memory.output("copy", copyType, count);
              StepState state = newState(ops, memory);
              for (int step = 1; step <= STEPS; step++) {
                double[] scaled = Arrays.stream(gradient(step, count)).map(v -> v * 8).toArray();
                Tensor gradient = memory.input(DType.F32, scaled, count);
                step(ops, memory, weights, mean, square, gradient, copy, state);
              }
            });
    double largest = Samples.largest(expected);
    op.within(OPTIMIZED.of(DType.F32, STEPS, largest, RATE), "master", expected)
        .within(moment(first, SETTINGS.beta1()), "first", first)
        .within(moment(second, SETTINGS.beta2()), "second", second);
    if (copyType != null) {
      op.within(OPTIMIZED_COPY.of(copyType, STEPS, largest, RATE), "copy", expected);
    }
    return op;
  }

  private static double moment(double[] expected, double beta) {
    double scale = Samples.largest(expected);
    return MOMENT.of(DType.F32, 1, scale, scale / (1 - beta));
  }

  @Test
  void theCopyIsTheMasterRoundedOnce() {
    OpBench ops = bench();
    OpCase op = steps(2049, DType.BF16);
    var outputs = run(ops, op, 0);
    assertThat(output(outputs, "copy").values())
        .containsExactly(Samples.rounded(DType.BF16, output(outputs, "master").values()));
  }

  @Test
  void aStepWithANonFiniteGradientIsCountedAsSkippedAndChangesNothing() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] three = {1, 2, 3};
      Tensor weights = memory.input(DType.F32, three, 3);
      Tensor mean = memory.input(DType.F32, three, 3);
      Tensor square = memory.input(DType.F32, three, 3);
      Tensor copy = memory.input(DType.F16, three, 3);
      Tensor gradient = memory.input(DType.F32, new double[] {1, Double.NaN, 1}, 3);
      StepState state = newState(ops, memory);
      step(ops, memory, weights, mean, square, gradient, copy, state);
      memory.finish();
      StepState.Values values = state.read(ops.stream);
      assertThat(values.step()).isZero();
      assertThat(values.skipped()).isEqualTo(1);
      assertThat(values.nonFinite()).isEqualTo(1);
    }
  }

  @Test
  void biasCorrectionsKeepTheirDigitsFromTheFirstStepOn() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Settings slow = new Settings(0.9f, 0.999_99f, 1e-8f, 0);
      StepState state = newState(ops, memory);
      for (int step = 1; step <= 2; step++) {
        ops.adamW.prepare(ops.stream, state, slow);
        StepState.Values values = state.read(ops.stream);
        assertThat(values.step()).isEqualTo(step);
        // 1 - beta^step in fp32 would have lost four of seven digits here.
        assertRelative(values.biasCorrection1(), 1 - Math.pow(slow.beta1(), step));
        assertRelative(values.biasCorrection2(), 1 - Math.pow(slow.beta2(), step));
      }
    }
  }

  /** Four roundings: the logarithm, its product with the step, expm1 (two ulp). */
  private static void assertRelative(float got, double expected) {
    assertThat(Math.abs(got / expected - 1)).isLessThan(4 * DType.F32.unitRoundoff());
  }

  private static StepState newState(OpBench ops, GuardedMemory memory) {
    StepState state = new StepState(ops.library, memory.words("state", 16));
    state.reset(ops.stream);
    state.setLossScale(ops.stream, 8);
    state.setLearningRate(ops.stream, RATE);
    return state;
  }

  private static void step(
      OpBench ops,
      GuardedMemory memory,
      Tensor weights,
      Tensor mean,
      Tensor square,
      Tensor gradient,
      @Nullable Tensor copy,
      StepState state) {
    TensorTable table =
        new TensorTable(ops.stream, memory.scratch(DType.I32, 1, 6), List.of(gradient));
    Tensor workspace = memory.scratch(DType.F32, table.chunks(), 4);
    ops.globalNorm.compute(ops.stream, null, state, workspace, table, NormType.L2, 0);
    ops.adamW.prepare(ops.stream, state, SETTINGS);
    ops.adamW.step(ops.stream, weights, mean, square, gradient, copy, SETTINGS, state);
  }

  /** Loshchilov and Hutter 2019, algorithm 2, with the rate as schedule multiplier. */
  private static void update(
      double[] weights, double[] mean, double[] square, double[] gradient, int step) {
    double beta1 = SETTINGS.beta1();
    double beta2 = SETTINGS.beta2();
    for (int i = 0; i < weights.length; i++) {
      mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i];
      square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] * gradient[i];
      double meanHat = mean[i] / (1 - Math.pow(beta1, step));
      double squareHat = square[i] / (1 - Math.pow(beta2, step));
      weights[i] *= 1 - (double) RATE * SETTINGS.weightDecay();
      weights[i] -= RATE * meanHat / (Math.sqrt(squareHat) + SETTINGS.eps());
    }
  }

  private static double[] gradient(int step, int count) {
    return Samples.normal(10 + step, count, DType.F32);
  }
}
