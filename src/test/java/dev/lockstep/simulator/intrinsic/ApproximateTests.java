package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApproximateTests {
  private static final MathContext DIGITS = new MathContext(50);
  private static final BigDecimal LN2 =
      new BigDecimal("0.69314718055994530941723212145817656807550013436025525412068000949");

  private interface FloatUnary {
    float apply(float a);
  }

  @Test
  void ex2IsCorrectlyRounded() {
    // A prime stride: all exponents and no pattern in the fraction.
    sweepEx2(4_099);
  }

  @Test
  @Tag("sweep")
  void ex2IsCorrectlyRoundedDensely() {
    sweepEx2(17);
  }

  @Test
  void powersOfTwoAreExact() {
    for (int n = -149; n <= 127; n++) {
      assertThat(Approximate.ex2(n)).isEqualTo(Math.scalb(1f, n));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "128, Infinity",
    "3e38, Infinity",
    "Infinity, Infinity",
    "-149.5, 1.4e-45",
    "-150, 0",
    "-149.99, 1.4e-45",
    "-1e30, 0",
    "-Infinity, 0",
    "0, 1",
    "-0.0, 1",
    "1e-45, 1",
    "0.5, 1.4142135"
  })
  void ex2AtItsLimits(float a, float expected) {
    assertThat(Approximate.ex2(a)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0, Infinity",
    "-0.0, -Infinity",
    "Infinity, 0",
    "-Infinity, -0.0",
    "3, 0x1.555556p-2",
    "0x1p-149, Infinity",
    "0x1p-128, 0x1p128",
    "0x1.8p126, 0x1.555554p-127"
  })
  void rcpAtItsLimits(float a, String expected) {
    assertThat(Approximate.rcp(a)).isEqualTo((float) Double.parseDouble(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "0, Infinity",
    "-0.0, -Infinity",
    "4, 0.5",
    "Infinity, 0",
    "2, 0x1.6a09e6p-1",
    "0x1p-148, 0x1p74"
  })
  void rsqrtAtItsLimits(float a, String expected) {
    assertThat(Approximate.rsqrt(a)).isEqualTo((float) Double.parseDouble(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0",
    "2, 1",
    "0.5, -1",
    "0x1p-149, -149",
    "0, -Infinity",
    "-0.0, -Infinity",
    "Infinity, Infinity",
    "10, 3.321928"
  })
  void lg2AtItsLimits(float a, float expected) {
    assertThat(Approximate.lg2(a)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // a, b, div.full, div.approx
    "1, 3, 0x1.555556p-2, 0x1.555556p-2",
    "1, 0x1p126, 0x1p-126, 0x1p-126",
    "-8, 0x1.8p126, -0x1.555556p-124, -0.0",
    "8, -0x1p127, -0x1p-124, -0.0",
    "1, Infinity, 0, 0",
    "Infinity, 0x1p127, Infinity, NaN",
    "1, 0, Infinity, Infinity"
  })
  void quotients(String a, String b, String full, String approx) {
    float x = (float) Double.parseDouble(a);
    float y = (float) Double.parseDouble(b);
    assertThat(Approximate.divFull(x, y))
        .isEqualTo(Float.valueOf((float) Double.parseDouble(full)));
    assertThat(Approximate.divApprox(x, y))
        .isEqualTo(Float.valueOf((float) Double.parseDouble(approx)));
  }

  @Test
  void nanAndNegativeArgumentsGiveTheCanonicalNaN() {
    FloatUnary[] all = {
      Approximate::ex2,
      Approximate::rcp,
      Approximate::rsqrt,
      Approximate::sqrt,
      Approximate::lg2,
      Approximate::sin,
      Approximate::cos,
      Approximate::tanh,
      a -> Approximate.divFull(a, 2),
      a -> Approximate.divApprox(2, a)
    };
    for (FloatUnary f : all) {
      assertCanonicalNaN(f.apply(Float.intBitsToFloat(0xffc01234)));
    }
    assertCanonicalNaN(Approximate.rsqrt(-1));
    assertCanonicalNaN(Approximate.sqrt(-1));
    assertCanonicalNaN(Approximate.lg2(-1));
    assertCanonicalNaN(Approximate.sin(Float.POSITIVE_INFINITY));
    assertCanonicalNaN(Approximate.cos(Float.NEGATIVE_INFINITY));
    assertCanonicalNaN(Approximate.divFull(0, 0));
  }

  /** The bounds of the PTX manual, which a GPU may use up, hold with room to spare. */
  @Test
  void staysInsideTheDocumentedBounds() {
    Samples samples = new Samples(1);
    for (int i = 0; i < 200_000; i++) {
      float a = samples.nextFinite();
      float positive = Math.abs(a);
      if (positive >= 0x1p-126f) {
        withinRelative(Approximate.rcp(positive), 1.0 / positive, 0x1p-23);
        withinRelative(Approximate.sqrt(positive), Math.sqrt(positive), 0x1p-23);
        withinRelative(Approximate.rsqrt(positive), 1 / Math.sqrt(positive), 0x1.1p-23);
        withinRelative(Approximate.tanh(a), Math.tanh(a), 0x1p-11);
      }
    }
    within(Approximate::lg2, a -> Math.log(a) / Math.log(2), 0.5f, 2f, 0x1p-22);
    within(Approximate::sin, Math::sin, -6.2831f, 6.2831f, 0x1p-20);
    within(Approximate::cos, Math::cos, -6.2831f, 6.2831f, 0x1p-20);
  }

  @Test
  void allLanesGoThroughTheSameFunction() {
    Samples samples = new Samples(2);
    float[] a = new float[32];
    for (int round = 0; round < 200; round++) {
      for (int lane = 0; lane < 32; lane++) {
        a[lane] = samples.next();
      }
      float[] d = new float[32];
      Approximate.ex2(d, a);
      assertLanes(d, a, Approximate::ex2);
      Approximate.ex2Ftz(d, a);
      assertLanes(d, a, x -> flushed(Approximate::ex2, x));
      Approximate.rcp(d, a);
      assertLanes(d, a, Approximate::rcp);
      Approximate.rcpFtz(d, a);
      assertLanes(d, a, x -> flushed(Approximate::rcp, x));
      Approximate.rsqrt(d, a);
      assertLanes(d, a, Approximate::rsqrt);
      Approximate.rsqrtFtz(d, a);
      assertLanes(d, a, x -> flushed(Approximate::rsqrt, x));
      Approximate.sqrt(d, a);
      assertLanes(d, a, Approximate::sqrt);
      Approximate.lg2(d, a);
      assertLanes(d, a, Approximate::lg2);
      Approximate.sin(d, a);
      assertLanes(d, a, Approximate::sin);
      Approximate.cos(d, a);
      assertLanes(d, a, Approximate::cos);
      Approximate.tanh(d, a);
      assertLanes(d, a, Approximate::tanh);
      float[] three = new float[32];
      Arrays.fill(three, 3);
      Approximate.divFull(d, three, a);
      assertLanes(d, a, x -> Approximate.divFull(3, x));
      Approximate.divApprox(d, three, a);
      assertLanes(d, a, x -> Approximate.divApprox(3, x));
    }
  }

  @Test
  void theDestinationMayBeTheSource() {
    float[] register = new float[32];
    Arrays.fill(register, 3);
    Approximate.ex2(register, register);
    assertThat(register).containsOnly(8f);
  }

  private static void sweepEx2(int stride) {
    int checked = 0;
    for (long bits = 0; bits < 0x1_0000_0000L; bits += stride) {
      float a = Float.intBitsToFloat((int) bits);
      if (a >= -151 && a <= 129) {
        float got = Approximate.ex2(a);
        double near = StrictMath.pow(2, a);
        // pow is within an ulp of double; only beside a tie can that move the float.
        boolean clear = (float) (near * (1 - 0x1p-51)) == (float) (near * (1 + 0x1p-51));
        float expected =
            clear ? (float) near : (float) ExactRounding.F32.round(powerOfTwo(a), Rounding.NEAREST);
        if (got != expected) {
          assertThat(got).as("2^%a", a).isEqualTo(expected);
        }
        checked++;
      }
    }
    assertThat((long) checked).isGreaterThan(0x8000_0000L / stride);
  }

  /** 2ᵃ to fifty digits: an integer power times e to the rest. */
  private static BigDecimal powerOfTwo(float a) {
    int whole = (int) Math.floor(a);
    BigDecimal x =
        new BigDecimal((double) a).subtract(BigDecimal.valueOf(whole)).multiply(LN2, DIGITS);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ONE;
    for (int n = 1; n < 60; n++) {
      term = term.multiply(x, DIGITS).divide(BigDecimal.valueOf(n), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum.multiply(new BigDecimal(Math.scalb(1.0, whole)), DIGITS);
  }

  private static float flushed(FloatUnary f, float a) {
    return FloatOps.flush(f.apply(FloatOps.flush(a)));
  }

  private static void assertLanes(float[] d, float[] a, FloatUnary f) {
    for (int lane = 0; lane < 32; lane++) {
      assertThat(Float.floatToRawIntBits(d[lane]))
          .as("%a", a[lane])
          .isEqualTo(Float.floatToRawIntBits(f.apply(a[lane])));
    }
  }

  private static void assertCanonicalNaN(float value) {
    assertThat(Float.floatToRawIntBits(value)).isEqualTo(0x7fffffff);
  }

  /** Overflow, and what is subnormal, lie outside a relative bound's reach. */
  private static void withinRelative(float got, double exact, double bound) {
    double size = Math.abs(exact);
    if (size >= 0x1p-126 && size < Float.MAX_VALUE && Math.abs(got - exact) > bound * size) {
      fail("got %a, exact %a: relative error above %a", got, exact, bound);
    }
  }

  private static void within(
      FloatUnary f, DoubleUnaryOperator exact, float low, float high, double bound) {
    for (int i = 0; i <= 50_000; i++) {
      float a = low + (high - low) * i / 50_000;
      assertThat(Math.abs(f.apply(a) - exact.applyAsDouble(a))).isLessThanOrEqualTo(bound);
    }
  }
}
