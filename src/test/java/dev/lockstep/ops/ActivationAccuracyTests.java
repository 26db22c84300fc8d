package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Ulp;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How far activations and their derivatives are from the reference: for every f16 and bf16 number,
 * and for f32 numbers of all sizes; with approximate instructions as good as they can be and as bad
 * as their manual allows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ActivationAccuracyTests {
  /** Of a result in f16 or bf16, from the exact one, rounded. */
  private static final double NARROW_ULPS = 1;

  /** Of a result in f32, likewise: roundings of s, of 1 + x v′ (1 − s) and their product. */
  private static final double WIDE_ULPS = 4;

  /** Where a derivative's two terms cancel, absolutely. */
  private static final double AT_ZERO = 4 * 0x1p-24;

  /** {@link Accuracy#FAST}: values, relative to max(|x|, 1): t = tanh has 2⁻¹¹ of itself. */
  private static final double FAST_VALUE = 0x1p-11;

  /** And derivatives: (1 − t²)/4, 1 − t², and x/2 · v′ · (1 − t²) with x/2 · v′ up to 8. */
  private static double fastDerivative(Activation activation) {
    return switch (activation) {
      case SIGMOID -> 0x1p-11;
      case TANH -> 0x1p-9;
      case SILU, GELU_TANH, GELU_ERF -> 0x1p-7;
      case NONE, RELU, LEAKY_RELU -> 0;
    };
  }

  private static final float SLOPE = 0.3f;

  private static final Set<Activation> PRODUCTS =
      EnumSet.of(Activation.SILU, Activation.GELU_TANH, Activation.GELU_ERF);

  private static final Set<Activation> SMOOTH =
      EnumSet.range(Activation.SIGMOID, Activation.GELU_ERF);

  /** Zeros, ends of ranges in the kernels, and where results become subnormal, 0 or 1. */
  private static final double[] SPECIAL = {
    0, 0.55, 0.7518, 0.7526, 1.2785, 1, 2, 5, 6, 10.91, 14.84, 13.2, 16, 64, 87.34, 88.73, 103.98,
    104, 108.1, 110.2, 1e4, 1e20, 3e38
  };

  private List<OpBench> benches = List.of();

  abstract Device open(Approximation approximation);

  /** Whether the device's approximate instructions are as bad as their manual allows. */
  abstract boolean errsAsFarAsAllowed();

  @BeforeAll
  void openDevices() {
    benches =
        Stream.of(
                Approximation.EXACT,
                Approximation.perturbed(1),
                Approximation.perturbed(20_261_128))
            .map(approximation -> new OpBench(open(approximation)))
            .toList();
  }

  @AfterAll
  void closeDevices() {
    benches.forEach(OpBench::close);
  }

  record Subject(Activation activation, DType dtype, boolean derivative) {
    double[] exact(double[] x) {
      return derivative
          ? ActivationReference.derivatives(activation, x, SLOPE)
          : ActivationReference.values(activation, x, SLOPE);
    }

    @Override
    public String toString() {
      return activation.label() + (derivative ? "′ " : " ") + dtype.suffix();
    }
  }

  static Stream<Subject> narrow() {
    return subjects(EnumSet.allOf(Activation.class), DType.F16, DType.BF16);
  }

  static Stream<Subject> wide() {
    return subjects(EnumSet.allOf(Activation.class), DType.F32);
  }

  static Stream<Subject> fast() {
    return subjects(SMOOTH, DType.F16, DType.BF16, DType.F32);
  }

  private static Stream<Subject> subjects(Set<Activation> activations, DType... dtypes) {
    return activations.stream()
        .flatMap(
            activation ->
                Arrays.stream(dtypes)
                    .flatMap(
                        dtype ->
                            Stream.of(
                                new Subject(activation, dtype, false),
                                new Subject(activation, dtype, true))));
  }

  @ParameterizedTest
  @MethodSource("narrow")
  void everySixteenBitNumberIsWithinOneUlp(Subject subject) {
    double[] x = allOf(subject.dtype());
    double[] expected = Samples.rounded(subject.dtype(), subject.exact(x));
    for (OpBench bench : benches) {
      double[] got = apply(bench, subject, x, Accuracy.ACCURATE);
      for (int i = 0; i < x.length; i++) {
        check(subject, x[i], got[i], expected[i], NARROW_ULPS);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("wide")
  void fp32NumbersOfAllSizesAreWithinFourUlp(Subject subject) {
    wideSweep(subject, 20_000);
  }

  @Tag("sweep")
  @ParameterizedTest
  @MethodSource("wide")
  void aMillionFp32NumbersAreWithinFourUlp(Subject subject) {
    wideSweep(subject, 300_000);
  }

  private void wideSweep(Subject subject, int each) {
    double[] x = dense(each);
    double[] expected = Samples.rounded(DType.F32, subject.exact(x));
    for (OpBench bench : benches) {
      double[] got = apply(bench, subject, x, Accuracy.ACCURATE);
      for (int i = 0; i < x.length; i++) {
        boolean cancels =
            subject.derivative()
                && PRODUCTS.contains(subject.activation())
                && x[i] > -2
                && x[i] < -0.25;
        if (!cancels || Math.abs(got[i] - expected[i]) > AT_ZERO) {
          check(subject, x[i], got[i], expected[i], WIDE_ULPS);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fast")
  void fastFormsKeepTheirAbsoluteBounds(Subject subject) {
    DType dtype = subject.dtype();
    double[] x = dtype == DType.F32 ? dense(5_000) : allOf(dtype);
    double[] expected = subject.exact(x);
    double largest = 0;
    for (OpBench bench : benches) {
      double[] got = apply(bench, subject, x, Accuracy.FAST);
      for (int i = 0; i < x.length; i++) {
        if (!Double.isFinite(x[i])) {
          continue;
        }
        double bound =
            (subject.derivative()
                    ? fastDerivative(subject.activation())
                    : FAST_VALUE * Math.max(Math.abs(x[i]), 1))
                + Ulp.spacing(dtype, expected[i]);
        double error = Math.abs(got[i] - expected[i]);
        largest = Math.max(largest, error / bound);
        assertThat(error)
            .as("%s at %s: %s instead of %s", subject, x[i], got[i], expected[i])
            .isLessThanOrEqualTo(bound);
      }
      assertThat(got[indexOfNan(x)]).isNaN();
    }
    if (errsAsFarAsAllowed()) { // Otherwise the bound says nothing.
      assertThat(largest).isGreaterThan(1 / 16.0);
    }
  }

  private static int indexOfNan(double[] x) {
    return IntStream.range(0, x.length).filter(i -> Double.isNaN(x[i])).findFirst().orElseThrow();
  }

  private static void check(Subject subject, double x, double got, double expected, double ulps) {
    double distance = Ulp.distance(subject.dtype(), got, expected);
    boolean zeroKeepsItsSign =
        x != 0 || expected != 0 || subject.activation() == Activation.RELU || sameSign(got, x);
    // Written so that NaN fails.
    if (!(distance <= ulps) || !zeroKeepsItsSign) {
      throw new AssertionError(
          "%s at %s is %s, expected %s: %s ulp".formatted(subject, x, got, expected, distance));
    }
  }

  private static boolean sameSign(double a, double b) {
    return Math.copySign(1, a) == Math.copySign(1, b);
  }

  private static double[] apply(OpBench bench, Subject subject, double[] x, Accuracy accuracy) {
    DType dtype = subject.dtype();
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      var input = memory.input(dtype, x, x.length);
      var output = memory.output("result", dtype, x.length);
      if (subject.derivative()) {
        double[] ones = new double[x.length];
        Arrays.fill(ones, 1);
        var upstream = memory.input(dtype, ones, x.length);
        bench.activations.backward(
            bench.stream, output, upstream, input, subject.activation(), SLOPE, accuracy);
      } else {
        bench.activations.forward(
            bench.stream, output, input, subject.activation(), SLOPE, accuracy);
      }
      return OpTests.output(memory.finish(), "result").values();
    }
  }

  private static double[] allOf(DType dtype) {
    return IntStream.range(0, 1 << 16)
        .mapToDouble(
            bits ->
                dtype == DType.F16
                    ? Float.float16ToFloat((short) bits)
                    : Float.intBitsToFloat(bits << 16))
        .toArray();
  }

  /** Numbers of all exponents, evenly spread ones, and the neighbours of {@link #SPECIAL}. */
  private static double[] dense(int each) {
    SplittableRandom random = new SplittableRandom(7);
    DoubleStream all = random.ints(each).mapToDouble(Float::intBitsToFloat);
    DoubleStream wide = random.doubles(each, -112, 112);
    DoubleStream middle = random.doubles(each, -16, 16);
    DoubleStream near = random.doubles(each, -2, 2);
    DoubleStream special =
        Arrays.stream(SPECIAL)
            .flatMap(
                s ->
                    IntStream.rangeClosed(-20, 20)
                        .mapToDouble(i -> Float.intBitsToFloat(Float.floatToIntBits((float) s) + i))
                        .flatMap(v -> DoubleStream.of(v, -v)));
    DoubleStream edges =
        DoubleStream.of(
            -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Float.MAX_VALUE);
    return Stream.of(all, wide, middle, near, special, edges)
        .flatMapToDouble(s -> s)
        .map(v -> (float) v)
        .toArray();
  }
}
