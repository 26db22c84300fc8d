package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks are those of the generator in Java, bit by bit; what is kept is scaled. */
abstract class DropoutTests extends OpTests {
  private static final long SEED = 0xfedcba9876543210L;

  /** One, less than a call's four, a tail after vectors, a second block, a second pass of it. */
  private static final int[] COUNTS = {1, 3, 4, 77, 2049, 4099};

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
                                forward(dtype, n, 0.25f, false),
                                forward(dtype, n, 0.25f, true),
                                backward(dtype, n, 0.5f))));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        forward(DType.F32, 4099, 0.25f, true),
        forward(DType.BF16, 4099, 0.25f, false),
        backward(DType.F16, 4099, 0.25f));
  }

  private static OpCase forward(DType dtype, int n, float p, boolean add) {
    double[] x = Samples.normal(1, n, dtype);
    double[] residual = Samples.normal(2, n, dtype);
    double[] y = new double[n];
    Arrays.setAll(y, i -> (add ? residual[i] : 0) + factor(p, i) * x[i]);
    double size = Samples.largest(y);
    return new OpCase(
            "forward %s, %d%s".formatted(dtype.suffix(), n, add ? " and a residual" : ""),
            (ops, memory) ->
                ops.dropout.forward(
                    ops.stream,
                    memory.output("y", dtype, n),
                    memory.input(dtype, x, n),
                    add ? memory.input(dtype, residual, n) : null,
                    state(ops, memory),
                    5,
                    p))
        .within(Tolerances.DROPPED_OUT.of(dtype, 1, size, size), "y", y);
  }

  /** Half are dropped, the others doubled: nothing is rounded. */
  private static OpCase backward(DType dtype, int n, float p) {
    double[] dY = Samples.normal(1, n, dtype);
    double[] dX = new double[n];
    Arrays.setAll(dX, i -> factor(p, i) * dY[i]);
    double size = Samples.largest(dX);
    return new OpCase(
            "backward %s, %d".formatted(dtype.suffix(), n),
            (ops, memory) ->
                ops.dropout.backward(
                    ops.stream,
                    memory.output("dX", dtype, n),
                    memory.input(dtype, dY, n),
                    state(ops, memory),
                    5,
                    p))
        .within(
            (p == 0.5f ? Tolerances.EXACT : Tolerances.DROPPED_OUT).of(dtype, 1, size, size),
            "dX",
            dX);
  }

  private static double factor(float p, int i) {
    return Dropout.keeps(SEED, 40, 5, p, i) ? 1 / (1 - (double) p) : 0;
  }

  private static DropoutState state(OpBench ops, GuardedMemory memory) {
    DropoutState state = new DropoutState(ops.library, memory.words("state", 4));
    state.reset(ops.stream, SEED, 40);
    return state;
  }

  /** What becomes of ones at this many elements past an aligned address. */
  private double[] ofOnes(DType dtype, int n, float p, int shift, long offset, long place) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    OpCase op =
        new OpCase(
            "ones",
            (ops, memory) -> {
              DropoutState state = new DropoutState(ops.library, memory.words("state", 4));
              state.reset(ops.stream, SEED, offset);
              Tensor x = memory.input(dtype, ones, n);
              ops.dropout.forward(
                  ops.stream, memory.output("y", dtype, n), x, null, state, place, p);
            });
    return output(run(bench(), op, shift), "y").values();
  }

  @Test
  void theMaskIsTheSameForEveryTypeAndAlignment() {
    double[] mask = ofOnes(DType.F32, 1000, 0.5f, 0, 0, 0);
    assertThat(mask).containsOnly(0, 2);
    for (DType dtype : TYPES) {
      for (int shift = 0; shift < 16 / dtype.byteSize(); shift++) {
        assertThat(ofOnes(dtype, 1000, 0.5f, shift, 0, 0)).isEqualTo(mask);
      }
    }
  }

  @Test
  void placeAndOffsetGiveOtherMasksAndAddUp() {
    double[] mask = ofOnes(DType.F32, 1000, 0.5f, 0, 7, 0);
    assertThat(ofOnes(DType.F32, 1000, 0.5f, 0, 7, 1)).isNotEqualTo(mask);
    assertThat(ofOnes(DType.F32, 1000, 0.5f, 0, 8, 0)).isNotEqualTo(mask);
    assertThat(ofOnes(DType.F32, 1000, 0.5f, 0, 0, 7)).isEqualTo(mask);
    assertThat(ofOnes(DType.F32, 1000, 0.5f, 0, 1L << 32, 7)).isNotEqualTo(mask);
  }

  /**
   * Kept are a binomial number of n. Five standard deviations of it are exceeded by one seed of
   * nearly two million; so are they by what the four words of a call keep, each alone, and by pairs
   * of neighbours both kept.
   */
  @ParameterizedTest
  @ValueSource(floats = {0.01f, 0.1f, 0.5f, 0.9f})
  void asManyAreKeptAsProbabilitySays(float p) {
    int n = 1 << 16;
    boolean[] kept = new boolean[n];
    double[] y = ofOnes(DType.BF16, n, p, 0, 3, 0);
    IntStream.range(0, n).forEach(i -> kept[i] = y[i] != 0);
    assertRate(1 - p, IntStream.range(0, n).filter(i -> kept[i]).count(), n);
    for (int word = 0; word < 4; word++) {
      int lane = word;
      assertRate(1 - p, IntStream.range(0, n / 4).filter(i -> kept[4 * i + lane]).count(), n / 4);
    }
    long pairs = IntStream.range(0, n / 2).filter(i -> kept[2 * i] && kept[2 * i + 1]).count();
    assertRate((1 - p) * (1 - p), pairs, n / 2);
  }

  private static void assertRate(double rate, long count, int n) {
    double deviation = Math.sqrt(rate * (1 - rate) * n);
    assertThat((double) count).isCloseTo(rate * n, within(5 * deviation));
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void probabilityZeroCopies(DType dtype) {
    double[] x = Samples.normal(4, 301, dtype);
    x[3] = Double.NaN;
    x[77] = Double.NEGATIVE_INFINITY;
    x[300] = -0.0;
    assertThat(of(dtype, x, null, 0)).isEqualTo(x);
  }

  @Test
  void aProbabilityJustBelowOneStillKeepsSome() {
    float p = Math.nextDown(1f);
    assertThat(Dropout.scale(p)).isEqualTo(0x1p24f);
    int kept = -1;
    for (int i = 0; kept < 0; i++) {
      kept = Dropout.keeps(SEED, 0, 0, p, i) ? i : -1;
    }
    assertThat(kept).isPositive();
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void aDroppedElementIsTheResidualWhateverItWas(DType dtype) {
    int n = 64;
    double[] bad = new double[n];
    Arrays.setAll(bad, i -> i % 2 == 0 ? Double.NaN : Double.POSITIVE_INFINITY);
    double[] residual = Samples.integers(5, n, 9);
    double[] expected = new double[n];
    Arrays.setAll(expected, i -> Dropout.keeps(SEED, 40, 5, 0.5f, i) ? bad[i] : residual[i]);
    assertThat(of(dtype, bad, residual, 0.5f)).containsExactly(expected);
  }

  private double[] of(DType dtype, double[] x, double @Nullable [] residual, float p) {
    OpCase op =
        new OpCase(
            "values",
            (ops, memory) ->
                ops.dropout.forward(
                    ops.stream,
                    memory.output("y", dtype, x.length),
                    memory.input(dtype, x, x.length),
                    residual == null ? null : memory.input(dtype, residual, x.length),
                    state(ops, memory),
                    5,
                    p));
    return output(run(bench(), op, 0), "y").values();
  }

  @ParameterizedTest
  @CsvSource({"F32, true", "BF16, true", "F16, false"})
  void resultsMayReplaceTheirInputs(DType dtype, boolean residualReplaced) {
    int n = 333;
    double[] x = Samples.normal(1, n, dtype);
    double[] other = Samples.normal(2, n, dtype);
    double[] apart = of(dtype, x, other, 0.25f);
    OpCase inPlace =
        new OpCase(
            "in place",
            (ops, memory) -> {
              Tensor y = memory.updated("y", dtype, residualReplaced ? other : x, n);
              Tensor input = memory.input(dtype, residualReplaced ? x : other, n);
              ops.dropout.forward(
                  ops.stream,
                  y,
                  residualReplaced ? input : y,
                  residualReplaced ? y : input,
                  state(ops, memory),
                  5,
                  0.25f);
            });
    assertThat(output(run(bench(), inPlace, 0), "y").values()).isEqualTo(apart);
  }

  /** What a captured graph does: the same launches again, and another mask each time. */
  @Test
  void advancingOnTheDeviceChangesTheMaskAndNothingElse() {
    OpBench ops = bench();
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      double[] ones = new double[500];
      Arrays.fill(ones, 1);
      Tensor x = memory.input(DType.F32, ones, 500);
      Tensor first = memory.output("first", DType.F32, 500);
      Tensor second = memory.output("second", DType.F32, 500);
      DropoutState state = new DropoutState(ops.library, memory.words("state", 4));
      state.reset(ops.stream, SEED, 0xffff_ffffL);
      ops.dropout.forward(ops.stream, first, x, null, state, 0, 0.5f);
      state.advance(ops.stream, 2);
      ops.dropout.forward(ops.stream, second, x, null, state, 0, 0.5f);
      assertThat(state.offset(ops.stream)).isEqualTo(0x1_0000_0001L);
      Map<String, GuardedMemory.Output> outputs = memory.finish();
      double[] firstMask = ofOnes(DType.F32, 500, 0.5f, 0, 0xffff_ffffL, 0);
      double[] secondMask = ofOnes(DType.F32, 500, 0.5f, 0, 0x1_0000_0001L, 0);
      assertThat(output(outputs, "first").values()).isEqualTo(firstMask);
      assertThat(output(outputs, "second").values()).isEqualTo(secondMask);
      assertThat(firstMask).isNotEqualTo(secondMask);
    }
  }
}
