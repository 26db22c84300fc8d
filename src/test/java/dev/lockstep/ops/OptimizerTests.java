package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.MOMENT;
import static dev.lockstep.check.Tolerances.OPTIMIZED;
import static dev.lockstep.check.Tolerances.OPTIMIZED_COPY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel.Decay;
import dev.lockstep.ops.GlobalNorm.NonFinite;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.SgdFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three steps against the textbook updates, the compute copies, and steps that must be skipped. */
abstract class OptimizerTests extends OpTests {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;
  private static final float EPS = 1e-8f;
  private static final float RATE = 0.01f;
  private static final float LOSS_SCALE = 8;
  private static final int STEPS = 3;

  /**
   * One element; a tail after groups of four; more than one group for each of 256 threads; one past
   * a chunk of 32768.
   */
  private static final int[] COUNTS = {1, 7, 2049, 32_769};

  /** Gradient and copy of each of these: every pair of types, and no copy, in one launch. */
  private static final List<DType> GRADIENTS = List.of(DType.F32, DType.BF16, DType.F16, DType.F16);

  private static final List<@Nullable DType> COPIES =
      Arrays.asList(DType.BF16, DType.F32, null, DType.F16);

  /** Every other parameter decays. */
  private static final float DECAY = 0.1f;

  enum Algorithm {
    ADAMW(2),
    ADAM_L2(2),
    SGD(0),
    MOMENTUM(1),
    NESTEROV(1);

    private final int moments;

    Algorithm(int moments) {
      this.moments = moments;
    }

    void step(OpBench ops, ParameterTable table, StepState state) {
      switch (this) {
        case ADAMW -> ops.adam.step(ops.stream, table, adam(Decay.DECOUPLED), state);
        case ADAM_L2 -> ops.adam.step(ops.stream, table, adam(Decay.L2), state);
        case SGD -> ops.sgd.step(ops.stream, table, new SgdKernel.Settings(0, 0, false), state);
        case MOMENTUM ->
            ops.sgd.step(ops.stream, table, new SgdKernel.Settings(0.9f, 0.1f, false), state);
        case NESTEROV ->
            ops.sgd.step(ops.stream, table, new SgdKernel.Settings(0.9f, 0, true), state);
      }
    }

    private static AdamKernel.Settings adam(Decay decay) {
      return new AdamKernel.Settings(BETA1, BETA2, EPS, decay);
    }

    /** The weights after {@link #STEPS} steps, then the moments. */
    List<double[]> expected(int index, double[] weights, List<double[]> gradients) {
      double[] p = weights.clone();
      if (moments == 2) {
        AdamFormula formula = new AdamFormula(BETA1, BETA2, EPS, this == ADAMW);
        AdamFormula.State state = new AdamFormula.State(p.length);
        gradients.forEach(g -> formula.step(p, g, state, RATE, decay(index)));
        return List.of(p, state.momentum(), state.variance());
      }
      SgdFormula formula =
          switch (this) {
            case MOMENTUM -> new SgdFormula(0.9f, 0.1f, false);
            case NESTEROV -> new SgdFormula(0.9f, 0, true);
            default -> new SgdFormula(0, 0, false);
          };
      SgdFormula.State state = new SgdFormula.State(p.length);
      gradients.forEach(g -> formula.step(p, g, state, RATE, decay(index)));
      return moments == 0 ? List.of(p) : List.of(p, state.momentum());
    }

    private double tolerance(int moment, double[] expected) {
      double scale = Samples.largest(expected);
      double beta = moment == 0 ? BETA1 : BETA2;
      return MOMENT.of(DType.F32, 1, scale, scale / (1 - beta));
    }
  }

  private static float decay(int index) {
    return index % 2 == 0 ? DECAY : 0;
  }

  @Override
  Stream<OpCase> cases() {
    return Arrays.stream(Algorithm.values()).map(OptimizerTests::steps);
  }

  /** With a loss scale and no clipping, so that gradFactor is its inverse exactly. */
  private static OpCase steps(Algorithm algorithm) {
    OpCase op =
        new OpCase(
            algorithm.toString(),
            (ops, memory) -> {
              StepState state = newState(ops, memory);
              List<ParameterTable.Entry> first = entries(memory, algorithm);
              for (int step = 1; step <= STEPS; step++) {
                List<ParameterTable.Entry> entries = new ArrayList<>();
                for (int i = 0; i < first.size(); i++) {
                  entries.add(with(first.get(i), scaledGradient(memory, step, i)));
                }
                step(ops, memory, algorithm, entries, state);
              }
            });
    for (int i = 0; i < COUNTS.length; i++) {
      int index = i;
      List<double[]> gradients =
          IntStream.rangeClosed(1, STEPS).mapToObj(step -> gradient(step, index)).toList();
      List<double[]> expected = algorithm.expected(i, weights(i), gradients);
      double largest = Samples.largest(expected.get(0));
      op.within(OPTIMIZED.of(DType.F32, STEPS, largest, RATE), "master " + i, expected.get(0));
      for (int m = 0; m < algorithm.moments; m++) {
        double[] moment = expected.get(m + 1);
        op.within(algorithm.tolerance(m, moment), "moment " + m + " of " + i, moment);
      }
      DType copy = COPIES.get(i);
      if (copy != null) {
        op.within(OPTIMIZED_COPY.of(copy, STEPS, largest, RATE), "copy " + i, expected.get(0));
      }
    }
    return op;
  }

  private static List<ParameterTable.Entry> entries(GuardedMemory memory, Algorithm algorithm) {
    List<ParameterTable.Entry> entries = new ArrayList<>();
    for (int i = 0; i < COUNTS.length; i++) {
      Tensor master = memory.updated("master " + i, DType.F32, weights(i), COUNTS[i]);
      List<Tensor> moments = new ArrayList<>();
      for (int m = 0; m < algorithm.moments; m++) {
        String name = "moment " + m + " of " + i;
        moments.add(memory.updated(name, DType.F32, new double[COUNTS[i]], COUNTS[i]));
      }
      DType type = COPIES.get(i);
      Tensor copy = type == null ? null : memory.output("copy " + i, type, COUNTS[i]);
      entries.add(new ParameterTable.Entry(master, master, copy, moments, decay(i)));
    }
    return entries;
  }

  private static ParameterTable.Entry with(ParameterTable.Entry entry, Tensor gradient) {
    return new ParameterTable.Entry(
        entry.master(), gradient, entry.copy(), entry.moments(), entry.weightDecay());
  }

  private static double[] weights(int index) {
    return Samples.normal(index, COUNTS[index], DType.F32);
  }

  private static double[] gradient(int step, int index) {
    return Samples.normal(100 * step + index, COUNTS[index], GRADIENTS.get(index));
  }

  private static Tensor scaledGradient(GuardedMemory memory, int step, int index) {
    double[] scaled = Arrays.stream(gradient(step, index)).map(g -> g * LOSS_SCALE).toArray();
    return memory.input(GRADIENTS.get(index), scaled, COUNTS[index]);
  }

  @ParameterizedTest
  @EnumSource
  void theCopyIsTheMasterRoundedOnce(Algorithm algorithm) {
    var outputs = run(bench(), steps(algorithm), 0);
    for (int i = 0; i < COUNTS.length; i++) {
      DType type = COPIES.get(i);
      if (type != null) {
        assertThat(output(outputs, "copy " + i).values())
            .containsExactly(Samples.rounded(type, output(outputs, "master " + i).values()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStepWithANonFiniteGradientIsCountedAsSkippedAndChangesNothing(Algorithm algorithm) {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] three = {1, 2, 3};
      List<Tensor> moments = new ArrayList<>();
      for (int m = 0; m < algorithm.moments; m++) {
        moments.add(memory.input(DType.F32, three, 3));
      }
      StepState state = newState(ops, memory);
      step(
          ops,
          memory,
          algorithm,
          List.of(
              new ParameterTable.Entry(
                  memory.input(DType.F32, three, 3),
                  memory.input(DType.F16, new double[] {1, Double.NaN, 1}, 3),
                  memory.input(DType.F16, three, 3),
                  moments,
                  DECAY)),
          state);
      memory.finish();
      StepState.Values values = state.read(ops.stream);
      assertThat(values.step()).isZero();
      assertThat(values.skipped()).isEqualTo(1);
      assertThat(values.nonFinite()).isEqualTo(1);
      assertThat(values.skip()).isTrue();
    }
  }

  @Test
  void whatIsNotFiniteSpreadsWhereThatWasAskedFor() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor master = memory.updated("master", DType.F32, new double[] {1, 2, 3}, 3);
      Tensor gradient = memory.input(DType.F32, new double[] {1, Double.POSITIVE_INFINITY, 1}, 3);
      StepState state = newState(ops, memory);
      Options options = Options.clipTo(1).on(NonFinite.PROPAGATE);
      measure(ops, memory, List.of(gradient), state, options);
      step(
          ops,
          memory,
          List.of(new ParameterTable.Entry(master, gradient, null, List.of(), 0)),
          table -> Algorithm.SGD.step(ops, table, state));
      // The factor is 0: finite gradients vanish, and infinity times 0 is NaN.
      assertThat(output(memory.finish(), "master").values()).containsExactly(1, Double.NaN, 3);
      assertThat(state.read(ops.stream).step()).isEqualTo(1);
    }
  }

  @Test
  void biasCorrectionsKeepTheirDigitsFromTheFirstStepOn() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      float beta2 = 0.999_99f;
      StepState state = newState(ops, memory);
      StepPreparation preparation = new StepPreparation(ops.library);
      for (int step = 1; step <= 2; step++) {
        preparation.launch(ops.stream, state, BETA1, beta2);
        StepState.Values values = state.read(ops.stream);
        assertThat(values.step()).isEqualTo(step);
        // 1 - beta^step in fp32 would have lost four of seven digits here.
        assertRelative(values.biasCorrection1(), 1 - Math.pow(BETA1, step));
        assertRelative(values.biasCorrection2(), 1 - Math.pow(beta2, step));
      }
    }
  }

  /** Four roundings: the logarithm, its product with the step, expm1 (two ulp). */
  private static void assertRelative(float got, double expected) {
    assertThat(Math.abs(got / expected - 1)).isLessThan(4 * DType.F32.unitRoundoff());
  }

  private static StepState newState(OpBench ops, GuardedMemory memory) {
    StepState state =
        new StepState(ops.library, memory.words("state", (int) StepState.SHAPE.count()));
    state.reset(ops.stream);
    state.setLossScale(ops.stream, LOSS_SCALE);
    state.setLearningRate(ops.stream, RATE);
    return state;
  }

  private static void step(
      OpBench ops,
      GuardedMemory memory,
      Algorithm algorithm,
      List<ParameterTable.Entry> entries,
      StepState state) {
    List<Tensor> gradients = entries.stream().map(ParameterTable.Entry::gradient).toList();
    measure(ops, memory, gradients, state, Options.measure());
    step(ops, memory, entries, table -> algorithm.step(ops, table, state));
  }

  private static void measure(
      OpBench ops, GuardedMemory memory, List<Tensor> gradients, StepState state, Options options) {
    Tensor storage = memory.scratch(DType.I32, TensorTable.storageShape(gradients).extents());
    TensorTable table = new TensorTable(ops.stream, storage, gradients);
    Tensor workspace = memory.scratch(DType.F64, table.chunks());
    ops.globalNorm.compute(ops.stream, state, table, workspace, options);
  }

  private static void step(
      OpBench ops,
      GuardedMemory memory,
      List<ParameterTable.Entry> entries,
      Consumer<ParameterTable> step) {
    Tensor storage = memory.scratch(DType.I32, ParameterTable.storageShape(entries).extents());
    step.accept(new ParameterTable(ops.stream, storage, entries));
  }
}
