package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DirectedRoundingTests {
  private static final int COUNT = 3_000;

  @ParameterizedTest
  @EnumSource
  void sumsAreRoundedOnce(Rounding rounding) {
    Samples samples = new Samples(1);
    for (int i = 0; i < COUNT; i++) {
      float a = samples.nextFinite();
      float b = i % 2 == 0 ? samples.nextNear(a) : samples.nextFinite();
      BigDecimal exact = exact(a).add(exact(b));
      if (exact.signum() != 0) {
        assertThat(DirectedRounding.add(a, b, rounding))
            .as("%a + %a", a, b)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void productsAreRoundedOnce(Rounding rounding) {
    Samples samples = new Samples(2);
    for (int i = 0; i < COUNT; i++) {
      float a = samples.nextFinite();
      float b = samples.nextFinite();
      BigDecimal exact = exact(a).multiply(exact(b));
      if (exact.signum() != 0) {
        assertThat(DirectedRounding.mul(a, b, rounding))
            .as("%a * %a", a, b)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void fusedMultiplyAddsAreRoundedOnce(Rounding rounding) {
    Samples samples = new Samples(3);
    for (int i = 0; i < COUNT; i++) {
      float a = samples.nextFinite();
      float b = samples.nextFinite();
      float product = a * b;
      float c =
          i % 2 == 0 && Float.isFinite(product) ? samples.nextNear(product) : samples.nextFinite();
      BigDecimal exact = exact(a).multiply(exact(b)).add(exact(c));
      if (exact.signum() != 0) {
        assertThat(DirectedRounding.fma(a, b, c, rounding))
            .as("%a * %a + %a", a, b, c)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void quotientsAreRoundedOnce(Rounding rounding) {
    Samples samples = new Samples(4);
    for (int i = 0; i < COUNT / 4; i++) {
      float a = samples.nextFinite();
      float b = i % 2 == 0 ? samples.nextNear(a) : samples.nextFinite();
      if (a != 0 && b != 0) {
        BigDecimal exact = exact(a).divide(exact(b), ExactRounding.DIGITS);
        assertThat(DirectedRounding.div(a, b, rounding))
            .as("%a / %a", a, b)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rootsAreRoundedOnce(Rounding rounding) {
    Samples samples = new Samples(5);
    for (int i = 0; i < COUNT / 40; i++) {
      float a = Math.abs(samples.nextFinite());
      if (i % 3 == 0 && Float.isFinite(a * a) && a * a > 0x1p-100f) {
        // Squares of short numbers have exact roots.
        float root = Float.intBitsToFloat(Float.floatToRawIntBits(a) & ~0xfff);
        a = root * root;
      }
      if (a > 0) {
        BigDecimal exact = exact(a).sqrt(ExactRounding.DIGITS);
        assertThat(DirectedRounding.sqrt(a, rounding))
            .as("sqrt %a", a)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void nearestAgreesWithJavaOnEverythingIncludingWhatIsNotFinite(Rounding rounding) {
    Samples samples = new Samples(6);
    for (int i = 0; i < COUNT; i++) {
      float a = samples.next();
      float b = samples.next();
      float c = samples.next();
      if (rounding == Rounding.NEAREST || !Float.isFinite(a) || !Float.isFinite(b)) {
        check(DirectedRounding.add(a, b, rounding), a + b, rounding);
        check(DirectedRounding.mul(a, b, rounding), a * b, rounding);
        check(DirectedRounding.div(a, b, rounding), a / b, rounding);
        check(DirectedRounding.fma(a, b, c, rounding), Math.fma(a, b, c), rounding);
        check(DirectedRounding.sqrt(a, rounding), (float) Math.sqrt(a), rounding);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NEAREST, 1, -1, 0x0",
    "DOWN, 1, -1, 0x80000000",
    "UP, 1, -1, 0x0",
    "ZERO, 1, -1, 0x0",
    "DOWN, 0, 0, 0x0",
    "DOWN, 0, -0.0, 0x80000000",
    "UP, -0.0, -0.0, 0x80000000",
    "NEAREST, -0.0, 0, 0x0"
  })
  void exactZerosTakeTheSignOfTheDirection(Rounding rounding, float a, float b, String bits) {
    int expected = Integer.parseUnsignedInt(bits.substring(2), 16);
    assertThat(Float.floatToRawIntBits(DirectedRounding.add(a, b, rounding))).isEqualTo(expected);
    assertThat(Float.floatToRawIntBits(DirectedRounding.fma(a, 1, b, rounding)))
        .isEqualTo(expected);
  }

  private static void check(float got, float java, Rounding rounding) {
    if (Float.isNaN(java)) {
      assertThat(Float.floatToRawIntBits(got)).isEqualTo(0x7fffffff);
    } else if (rounding == Rounding.NEAREST || Float.isInfinite(java)) {
      assertThat(Float.floatToRawIntBits(got)).isEqualTo(Float.floatToRawIntBits(java));
    }
  }

  private static BigDecimal exact(float value) {
    return new BigDecimal((double) value);
  }
}
