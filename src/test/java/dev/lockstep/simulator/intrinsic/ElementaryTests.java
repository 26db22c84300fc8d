package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against {@code StrictMath}, whose functions are within an ulp of double. */
@Order(1) // takes long
class ElementaryTests {
  private static final double LN2 = StrictMath.log(2);

  private interface FloatToDouble {
    double apply(float a);
  }

  @ParameterizedTest
  @ValueSource(ints = 8_209)
  void areExactToFortyEightBits(int stride) {
    sweep(stride);
  }

  @ParameterizedTest
  @Tag("sweep")
  @ValueSource(ints = 53)
  void areExactToFortyEightBitsDensely(int stride) {
    sweep(stride);
  }

  /** Where the argument is nearly a multiple of π/2, what is left of it must still be exact. */
  @Test
  void sineAndCosineAreExactBesideTheirZeros() {
    for (int n = 1; n < 600_000; n += 7) {
      float a = (float) (n * (Math.PI / 2));
      for (float x : new float[] {Math.nextDown(a), a, Math.nextUp(a)}) {
        assertClose("sin", x, Elementary.sin(x), StrictMath.sin(x));
        assertClose("cos", x, Elementary.cos(x), StrictMath.cos(x));
      }
    }
  }

  @Test
  void logarithmIsExactBesideOne() {
    for (int ulps = -100_000; ulps < 100_000; ulps++) {
      float a = Float.intBitsToFloat(Float.floatToRawIntBits(1f) + ulps);
      assertClose("log2", a, Elementary.log2(a), StrictMath.log1p((double) a - 1) / LN2);
    }
  }

  @Test
  void zerosKeepTheirSign() {
    assertThat(Elementary.sin(-0f)).isEqualTo(-0.0);
    assertThat(Elementary.tanh(-0f)).isEqualTo(-0.0);
    assertThat(Elementary.sin(0f)).isEqualTo(0.0);
    assertThat(Elementary.tanh(0f)).isEqualTo(0.0);
    assertThat(Elementary.cos(-0f)).isEqualTo(1.0);
  }

  private static void sweep(int stride) {
    compare("log2", stride, Elementary::log2, a -> StrictMath.log(a) / LN2);
    compare("tanh", stride, Elementary::tanh, StrictMath::tanh);
    compare("sin", stride, Elementary::sin, StrictMath::sin);
    compare("cos", stride, Elementary::cos, StrictMath::cos);
  }

  private static void compare(
      String name, int stride, FloatToDouble function, DoubleUnaryOperator exact) {
    for (long bits = 0; bits < 0x1_0000_0000L; bits += stride) {
      float a = Float.intBitsToFloat((int) bits);
      // The quotient of logarithms loses digits beside 1, which has a test of its own.
      if (!name.equals("log2") || !(Math.abs(a - 1) < 0.01f)) {
        assertClose(name, a, function.apply(a), exact.applyAsDouble(a));
      }
    }
  }

  private static void assertClose(String name, float a, double got, double exact) {
    boolean same = Double.compare(got, exact) == 0;
    if (!same && !(Math.abs(got - exact) <= 0x1p-48 * Math.abs(exact))) {
      fail("%s(%a): got %a, exact %a", name, a, got, exact);
    }
  }
}
