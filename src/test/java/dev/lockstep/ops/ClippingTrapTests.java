package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.GLOBAL_NORM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm.NonFinite;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where clipping elsewhere went wrong: each test is a mistake somebody made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ClippingTrapTests {
  static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private OpBench ops;
  private NormBench norms;

  abstract Device open();

  @BeforeAll
  void openDevice() {
    ops = new OpBench(open());
    norms = new NormBench(ops);
  }

  @AfterAll
  void closeDevice() {
    ops.close();
  }

  private static void assertNorm(double got, double expected, long count) {
    double tolerance = GLOBAL_NORM.of(DType.F32, count, expected, expected);
    assertThat(Math.abs(got - expected)).as("%s for %s", got, expected).isLessThan(tolerance);
  }

  @Test
  void anEmptyTensorCannotBeMade() {
    assertThatThrownBy(() -> Shape.of(0)).hasMessage("extent 0 of axis 0 must be at least 1");
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void oneElementIsItsOwnNorm(DType dtype) {
    for (NormType type : NormType.values()) {
      StepState.Values values =
          norms.measure(1, Options.clipTo(1).of(type), new Gradient(dtype, -3));
      assertThat(values.norm()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void viewsMayBeginAnywhere(int offset) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      List<Tensor> views = new ArrayList<>();
      List<Double> expected = new ArrayList<>();
      for (DType dtype : TYPES) {
        for (int count : new int[] {1, 7, 13, 3000}) {
          double[] values = Samples.normal(count, offset + count, dtype);
          views.add(memory.input(dtype, values, offset + count).slice(offset, count));
          expected.add(Arrays.stream(values).skip(offset).map(v -> v * v).sum());
        }
      }
      double sum = expected.stream().mapToDouble(v -> v).sum();
      assertNorm(norms.measure(memory, 1, Options.measure(), views).norm(), Math.sqrt(sum), 3000);
    }
  }

  @Test
  void tenThousandTinyTensorsAreOneLaunch() {
    manyTinyTensors(10_000);
  }

  @Test
  @Tag("sweep")
  void aHundredThousandTinyTensorsAreOneLaunch() {
    manyTinyTensors(100_000);
  }

  /** All of them views of one buffer: of one to four elements, at every alignment. */
  private void manyTinyTensors(int count) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] values = Samples.integers(1, 5L * count, 3);
      Tensor all = memory.input(DType.BF16, values, values.length);
      List<Tensor> tensors = new ArrayList<>();
      double sum = 0;
      for (int i = 0; i < count; i++) {
        int length = 1 + i % 4;
        tensors.add(all.slice(5L * i, length));
        sum += IntStream.range(5 * i, 5 * i + length).mapToDouble(k -> values[k] * values[k]).sum();
      }
      StepState.Values got = norms.measure(memory, 1, Options.measure(), tensors);
      assertThat(got.norm()).isEqualTo((float) Math.sqrt(sum));
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void allZeroIsNoZeroByZero(DType dtype) {
    StepState.Values values =
        norms.measure(
            1, Options.clipTo(1), Gradient.filled(dtype, 100, 0), new Gradient(dtype, -0.0));
    assertThat(values.norm()).isZero();
    assertThat(values.clipFactor()).isEqualTo(1);
    assertThat(values.skip()).isFalse();
  }

  /** pytorch 46849: gradients that are large but finite must not vanish for an infinite norm. */
  @ParameterizedTest
  @CsvSource({"1e20, 100", "1e30, 1", "1e37, 30000", "1e-30, 100", "1e-40, 7", "1.5e-45, 1"})
  void finiteGradientsHaveAFiniteNormAndTheFactorThatFits(double magnitude, int count) {
    double stored = (float) magnitude;
    double norm = stored * Math.sqrt(count);
    StepState.Values values =
        norms.measure(1, Options.clipTo(0.5f), Gradient.filled(DType.F32, count, magnitude));
    assertThat(values.nonFinite()).isZero();
    assertThat(values.skip()).isFalse();
    if (norm < Float.MAX_VALUE) {
      assertNorm(values.norm(), norm, count);
    }
    double factor = Math.min(1, 0.5 / (norm + 1e-6));
    double tolerance = GLOBAL_NORM.of(DType.F32, count, factor, factor);
    assertThat(Math.abs(values.clipFactor() - factor)).isLessThan(tolerance);
  }

  @Test
  void aNormBeyondFp32StillClipsWhenEveryGradientIsFinite() {
    StepState.Values values =
        norms.measure(1, Options.clipTo(1), Gradient.filled(DType.F32, 100, 1e38));
    assertThat(values.norm()).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(values.skip()).isFalse();
    assertThat((double) values.clipFactor()).isBetween(0.999e-39, 1.001e-39);
  }

  /** Chunks on both sides of where plain squares stop being safe, and one that mixes extremes. */
  @ParameterizedTest
  @ValueSource(ints = {-60, -56, -55, -54, -53, 42, 43, 44, 49, 50, 51, 60})
  void nothingJumpsWhereTheSumStartsToBeScaled(int exponent) {
    double[] values = Samples.normal(1, 5000, DType.F32);
    double[] scaled =
        Arrays.stream(values).map(v -> DType.F32.round(Math.scalb(v, exponent))).toArray();
    double norm = Math.sqrt(Arrays.stream(scaled).map(v -> v * v).sum());
    assertNorm(
        norms.measure(1, Options.measure(), new Gradient(DType.F32, scaled)).norm(), norm, 5000);
  }

  @Test
  void tinyGradientsCountBesideHugeOnesOfAnotherTensor() {
    StepState.Values values =
        norms.measure(
            1,
            Options.measure(),
            Gradient.filled(DType.F32, 40_000, 1e-30),
            new Gradient(DType.F32, 3e-28, -4e-28, 0));
    assertNorm(values.norm(), Math.hypot(5e-28, 200 * (double) 1e-30f), 40_000);
    StepState.Values mixed =
        norms.measure(1, Options.measure(), new Gradient(DType.F32, 3e30, 1e-30, -4e30));
    assertNorm(mixed.norm(), 5e30, 3);
  }

  /** fairscale 263: a norm of 5000 has squares beyond fp16. */
  @Test
  void sumsOfFp16AreNotOfFp16() {
    StepState.Values values =
        norms.measure(1, Options.measure(), Gradient.filled(DType.F16, 10_000, 60_000));
    assertNorm(values.norm(), 6e6, 10_000);
  }

  /** apex rounds norms of bf16 gradients to eight bits. */
  @Test
  void aNormOfBf16HasTheDigitsOfFp32() {
    double[] ones = new double[1000];
    Arrays.fill(ones, 1);
    assertThat(norms.measure(1, Options.measure(), new Gradient(DType.BF16, ones)).norm())
        .isEqualTo((float) Math.sqrt(1000));
  }

  /** apex takes the first tensor's type for all. */
  @Test
  void typesMayMixInOneList() {
    Gradient[] gradients = {
      new Gradient(DType.BF16, 2, 2), new Gradient(DType.F32, 4), new Gradient(DType.F16, 1, 0, 3)
    };
    assertNorm(norms.measure(1, Options.measure(), gradients).norm(), Math.sqrt(34), 6);
    assertThat(norms.measure(1, Options.measure().of(NormType.MAX), gradients).norm()).isEqualTo(4);
  }

  /** fastmoe 65: squares add up, norms do not. */
  @Test
  void theNormOfAllIsTheRootOfTheSumOfSquares() {
    assertThat(
            norms
                .measure(
                    1, Options.measure(), new Gradient(DType.F32, 3), new Gradient(DType.F32, 4))
                .norm())
        .isEqualTo(5);
  }

  /** llmq divides by the square of the norm. */
  @Test
  void theFactorIsMaxNormOverTheNormAndNotOverItsSquare() {
    StepState.Values values =
        norms.measure(1, Options.clipTo(1), Gradient.filled(DType.F32, 16, 1));
    assertThat((double) values.clipFactor()).isBetween(0.25 * (1 - 1e-6), 0.25);
  }

  /** llm.c takes the factor 1 for a norm that is NaN. */
  @ParameterizedTest
  @MethodSource("placesOfNaN")
  void aNaNNormSkipsTheStepAndDoesNotClipToOne(DType dtype, NormType type, int place) {
    double[] values = new double[70];
    Arrays.fill(values, 1);
    values[place] = Double.NaN;
    Gradient[] gradients = {new Gradient(DType.F32, 1), new Gradient(dtype, values)};

    StepState.Values skipped = norms.measure(1, Options.clipTo(9).of(type), gradients);
    assertThat(skipped.norm()).isNaN();
    assertThat(skipped.nonFinite()).isEqualTo(2);
    assertThat(skipped.skip()).isTrue();
    assertThat(skipped.gradFactor()).isZero();

    Options propagate = Options.clipTo(9).of(type).on(NonFinite.PROPAGATE);
    StepState.Values propagated = norms.measure(1, propagate, gradients);
    assertThat(propagated.skip()).isFalse();
    assertThat(propagated.clipFactor()).isNaN();
    assertThat(propagated.nonFinite()).isEqualTo(2);
  }

  /** In the first and the last vector, in every lane of one, after the last. */
  static Stream<Arguments> placesOfNaN() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(NormType.values())
                    .flatMap(
                        type ->
                            IntStream.of(0, 1, 2, 3, 4, 5, 6, 7, 63, 69)
                                .mapToObj(place -> Arguments.of(dtype, type, place))));
  }

  @ParameterizedTest
  @CsvSource({"L2", "MAX"})
  void anInfiniteNormPropagatesAsAFactorOfZero(NormType type) {
    Options options = Options.clipTo(1).of(type).on(NonFinite.PROPAGATE);
    StepState.Values values = norms.measure(1, options, new Gradient(DType.F16, 1, -INFINITE));
    assertThat(values.norm()).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(values.clipFactor()).isZero();
    assertThat(values.skip()).isFalse();
    assertThat(values.nonFinite()).isEqualTo(1);
  }

  /**
   * pytorch 97415: what is finite as stored may not be after unscaling, and that is what counts.
   */
  @ParameterizedTest
  @CsvSource({
    // loss scale, gradient, whether the unscaled one is finite
    "0x1p-20, 1e33, false",
    "0x1p-20, 1e30, true",
    "0x1p-64, 1e15, true",
    "0x1p-64, 1e20, false",
    "0x1p-1, 3e38, false",
    "1, 3e38, true",
    "65536, 3e38, true"
  })
  void whetherAllIsFiniteIsJudgedAfterUnscaling(double lossScale, double gradient, boolean finite) {
    for (NormType type : NormType.values()) {
      StepState.Values values =
          norms.measure(
              lossScale,
              Options.clipTo(1).of(type),
              new Gradient(DType.BF16, 1),
              new Gradient(DType.F32, 0, gradient, 0));
      assertThat(values.nonFinite()).as(type.name()).isEqualTo(finite ? 0 : 2);
      assertThat(values.skip()).isEqualTo(!finite);
    }
  }

  @Test
  void gradientsAreUnscaledBeforeTheyAreClipped() {
    StepState.Values values =
        norms.measure(1024, Options.clipTo(1), new Gradient(DType.F16, 3 * 1024, 4 * 1024));
    assertThat(values.norm()).isEqualTo(5);
    assertThat((double) values.gradFactor() * 1024).isBetween(0.2 * (1 - 1e-6), 0.2);
  }

  @ParameterizedTest
  @CsvSource({"L2", "MAX"})
  void theOrderOfTheListChangesNoBit(NormType type) {
    List<Gradient> gradients = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      DType dtype = TYPES.get(i % 3);
      double scale = Math.pow(10, i % 5 - 2);
      double[] values = Samples.normal(i, 100 + 37 * i, dtype);
      gradients.add(
          new Gradient(dtype, Arrays.stream(values).map(v -> dtype.round(v * scale)).toArray()));
    }
    Options options = Options.clipTo(1).of(type);
    StepState.Values first = norms.measure(1, options, gradients.toArray(Gradient[]::new));
    for (int seed = 0; seed < 5; seed++) {
      Collections.shuffle(gradients, new Random(seed));
      assertThat(norms.measure(1, options, gradients.toArray(Gradient[]::new))).isEqualTo(first);
    }
  }

  /** Blocks that take one chunk each, or all of them one after the other, or any in between. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 64})
  void theGridChangesNoBit(int blocks) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        int count = i == 2 ? 70_000 : 100 + i;
        DType dtype = TYPES.get(i % 3);
        tensors.add(memory.input(dtype, Samples.normal(i, count, dtype), count));
      }
      StepState state = norms.newState(memory);
      TensorTable table = norms.table(memory, tensors);
      Tensor expected = NormBench.workspace(memory, tensors);
      ops.globalNorm.compute(ops.stream, state, table, expected, Options.measure());
      Tensor got = NormBench.workspace(memory, tensors);
      Kernel kernel = ops.library.kernel("global_norm", "global_norm_partial");
      KernelArgs args =
          new KernelArgs()
              .address(got.buffer(), got.byteOffset())
              .address(table.storage().buffer(), table.storage().byteOffset())
              .int64(table.chunks())
              .int32(2)
              .address(state.storage().buffer(), state.storage().byteOffset());
      ops.stream.launch(kernel, Launch.of(blocks, ChunkLaunch.NORM_THREADS), args);
      assertThat(got.toDoubles(ops.stream)).containsExactly(expected.toDoubles(ops.stream));
    }
  }

  @Test
  void tenRunsHaveTheSameBits() {
    Gradient[] gradients = {
      new Gradient(DType.F32, Samples.normal(1, 70_000, DType.F32)),
      new Gradient(DType.BF16, Samples.normal(2, 999, DType.BF16))
    };
    StepState.Values first = norms.measure(8, Options.clipTo(1), gradients);
    for (int run = 1; run < 10; run++) {
      assertThat(norms.measure(8, Options.clipTo(1), gradients)).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void clippingByValueKeepsNaNAndZeroesAndBoundsInfinities(DType dtype) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] values = {Double.NaN, INFINITE, -INFINITE, 0, -0.0, 0.25, -0.25, 7, -7, 0.5, -0.5};
      Tensor g = memory.updated("g", dtype, values, values.length);
      ops.clipping.byValue(ops.stream, norms.table(memory, List.of(g)), 0.5f);
      assertThat(Objects.requireNonNull(memory.finish().get("g")).values())
          .containsExactly(Double.NaN, 0.5, -0.5, 0, -0.0, 0.25, -0.25, 0.5, -0.5, 0.5, -0.5);
    }
  }
}
