package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors stay inside the manual's bounds, stated here once more, and go far into them. */
class PerturbationTests {
  private static final Perturbation ERRORS = new Perturbation(1);

  /** What the manual allows at an operand and exact result. */
  private interface Allowed {
    double at(double a, double exact);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("singles")
  void errorsOfSinglesStayInsideTheBoundAndReachHalfOfIt(
      ErrorBound bound, double low, double high, DoubleUnaryOperator exact, Allowed allowed) {
    Random random = new Random(5);
    double least = 0;
    double most = 0;
    for (int i = 0; i < 100_000; i++) {
      float a = (float) (low + (high - low) * random.nextDouble());
      double result = exact.applyAsDouble(a);
      float got = ERRORS.single(bound, Float.floatToRawIntBits(a), a, result, (float) result);
      double share = (got - result) / allowed.at(a, result);
      if (Math.abs(share) > 1) {
        fail("%s(%a): got %a, exact %a, %f of the bound", bound, a, got, result, share);
      }
      least = Math.min(least, share);
      most = Math.max(most, share);
    }
    assertThat(least).isLessThan(-0.5);
    assertThat(most).isGreaterThan(0.5);
  }

  static Stream<Arguments> singles() {
    double pi = Math.PI;
    return Stream.of(
        row(ErrorBound.RCP, 0.1, 9, a -> 1 / a, (a, r) -> Math.ulp((float) r)),
        row(ErrorBound.SQRT, 0.1, 9, Math::sqrt, (a, r) -> 0x1p-23 * r),
        row(ErrorBound.RSQRT, 0.1, 9, a -> 1 / Math.sqrt(a), (a, r) -> Math.pow(2, -22.9) * r),
        row(ErrorBound.EX2, -9, 9, a -> StrictMath.pow(2, a), (a, r) -> 2 * Math.ulp((float) r)),
        row(ErrorBound.LG2, 0.5000001, 1.9999999, PerturbationTests::log2, (a, r) -> 0x1p-22),
        row(ErrorBound.LG2, 2, 1e6, PerturbationTests::log2, (a, r) -> 0x1p-22 * Math.abs(r)),
        row(ErrorBound.SIN, -2 * pi, 2 * pi, StrictMath::sin, (a, r) -> Math.pow(2, -20.5)),
        row(ErrorBound.COS, -2 * pi, 2 * pi, StrictMath::cos, (a, r) -> Math.pow(2, -20.5)),
        row(ErrorBound.SIN, 7, 314, StrictMath::sin, (a, r) -> Math.pow(2, -14.7)),
        row(ErrorBound.TANH, -3, 3, StrictMath::tanh, (a, r) -> 0x1p-11 * Math.abs(r)),
        row(ErrorBound.DIV_FULL, 0.1, 9, a -> 3 / a, (a, r) -> 2 * Math.ulp((float) r)),
        row(ErrorBound.DIV_APPROX, 0.1, 9, a -> 3 / a, (a, r) -> 2 * Math.ulp((float) r)));
  }

  private static Arguments row(
      ErrorBound bound, double low, double high, DoubleUnaryOperator exact, Allowed allowed) {
    return Arguments.of(bound, low, high, exact, allowed);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("halves")
  void errorsOfHalvesStayInsideTheBoundAndReachHalfOfIt(
      ErrorBound bound, HalfFormat format, DoubleUnaryOperator exact, Allowed allowed) {
    double least = 0;
    double most = 0;
    for (int bits = 0; bits < 0x1_0000; bits++) {
      float a = format.toFloat(bits);
      double result = exact.applyAsDouble(a);
      int rounded = format.round(result);
      int got = ERRORS.half(bound, format, bits, result, rounded);
      if (!(Math.abs(a) >= 0.01 && Math.abs(a) <= 6)) {
        continue;
      }
      double share = (format.toFloat(got) - result) / allowed.at(a, result);
      // Rounding alone may use up more than a bound of less than half an ulp.
      if (Math.abs(share) > 1 && got != rounded) {
        fail("%s(%a): got %x, exact %a, %f of the bound", bound, a, got, result, share);
      }
      least = Math.min(least, share);
      most = Math.max(most, share);
    }
    assertThat(least).isLessThan(-0.5);
    assertThat(most).isGreaterThan(0.5);
  }

  static Stream<Arguments> halves() {
    DoubleUnaryOperator ex2 = a -> StrictMath.pow(2, a);
    DoubleUnaryOperator tanh = StrictMath::tanh;
    Allowed f16 = (a, r) -> Math.pow(2, -9.9) * r;
    Allowed bf16 = (a, r) -> 0x1p-7 * r;
    Allowed tanhF16 = (a, r) -> Math.pow(2, -10.987);
    Allowed tanhBf16 = (a, r) -> 0x1p-8;
    return Stream.of(
        Arguments.of(ErrorBound.EX2_F16, HalfFormat.F16, ex2, f16),
        Arguments.of(ErrorBound.EX2_BF16, HalfFormat.BF16, ex2, bf16),
        Arguments.of(ErrorBound.TANH_F16, HalfFormat.F16, tanh, tanhF16),
        Arguments.of(ErrorBound.TANH_BF16, HalfFormat.BF16, tanh, tanhBf16));
  }

  @Test
  void errorsDependOnSeedInstructionAndOperandsAlone() {
    assertThat(single(1, ErrorBound.EX2, 7)).isEqualTo(single(1, ErrorBound.EX2, 7));
    int otherSeed = 0;
    int otherInstruction = 0;
    int otherOperands = 0;
    for (int i = 0; i < 100; i++) {
      float here = single(1, ErrorBound.TANH, i);
      otherSeed += here != single(2, ErrorBound.TANH, i) ? 1 : 0;
      otherInstruction += here != single(1, ErrorBound.SIN, i) ? 1 : 0;
      otherOperands += here != single(1, ErrorBound.TANH, i + 100) ? 1 : 0;
    }
    assertThat(otherSeed).isGreaterThan(90);
    assertThat(otherInstruction).isGreaterThan(90);
    assertThat(otherOperands).isGreaterThan(90);
  }

  @Test
  void zerosInfinitiesAndNaNStayAsTheyAre() {
    float infinity = Float.POSITIVE_INFINITY;
    assertThat(ERRORS.single(ErrorBound.EX2, 1, infinity, infinity, infinity)).isEqualTo(infinity);
    assertThat(ERRORS.single(ErrorBound.EX2, 2, 0, 1, 1)).isEqualTo(1);
    assertThat(ERRORS.single(ErrorBound.LG2, 3, 1, 0, 0)).isZero();
    assertThat(ERRORS.single(ErrorBound.TANH, 4, infinity, 1, 1)).isEqualTo(1);
    assertThat(ERRORS.single(ErrorBound.SIN, 5, infinity, Double.NaN, FloatOps.NAN)).isNaN();
    for (int i = 0; i < 1000; i++) {
      assertThat(ERRORS.single(ErrorBound.TANH, i, 9, Math.tanh(9), (float) Math.tanh(9)))
          .isLessThanOrEqualTo(1);
    }
  }

  private static float single(long seed, ErrorBound bound, int operands) {
    return new Perturbation(seed).single(bound, operands, 0.5, 0.4567, 0.4567f);
  }

  private static double log2(double a) {
    return StrictMath.log(a) / StrictMath.log(2);
  }
}
