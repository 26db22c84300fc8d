package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatOpsTests {
  @ParameterizedTest
  @CsvSource({
    // a, b, min, max, min.NaN, max.NaN as bits
    "3f800000, 40000000, 3f800000, 40000000, 3f800000, 40000000",
    "00000000, 80000000, 80000000, 00000000, 80000000, 00000000",
    "80000000, 00000000, 80000000, 00000000, 80000000, 00000000",
    "7fc00000, bf800000, bf800000, bf800000, 7fffffff, 7fffffff",
    "bf800000, ffc00001, bf800000, bf800000, 7fffffff, 7fffffff",
    "ffc00001, 7f800001, 7fffffff, 7fffffff, 7fffffff, 7fffffff",
    "7f800000, 7fc00000, 7f800000, 7f800000, 7fffffff, 7fffffff",
    "00000001, 80000001, 80000001, 00000001, 80000001, 00000001"
  })
  void minimumAndMaximum(String a, String b, String min, String max, String minNaN, String maxNaN) {
    assertThat(hex(FloatOps.min(of(a), of(b)))).isEqualTo(min);
    assertThat(hex(FloatOps.max(of(a), of(b)))).isEqualTo(max);
    assertThat(hex(FloatOps.minNaN(of(a), of(b)))).isEqualTo(minNaN);
    assertThat(hex(FloatOps.maxNaN(of(a), of(b)))).isEqualTo(maxNaN);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2, 1, 2",
    "NaN, 2, 2, 2",
    "2, NaN, 2, 2",
    "0, -0.0, -0.0, 0",
    "NaN, NaN, NaN, NaN"
  })
  void minimumAndMaximumOfDoubles(double a, double b, Double min, Double max) {
    assertThat(FloatOps.min(a, b)).isEqualTo(min);
    assertThat(FloatOps.max(a, b)).isEqualTo(max);
  }

  @ParameterizedTest
  @CsvSource({
    "00000001, 00000000", "807fffff, 80000000", "00800000, 00800000", "80800000, 80800000",
    "80000000, 80000000", "7f800000, 7f800000", "3f800000, 3f800000", "7fc00001, 7fc00001"
  })
  void flushing(String value, String expected) {
    assertThat(hex(FloatOps.flush(of(value)))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0.25, 0.25",
    "1.5, 1",
    "-1, 0",
    "NaN, 0",
    "Infinity, 1",
    "-Infinity, 0",
    "-0.0, 0",
    "1, 1"
  })
  void saturating(float value, float expected) {
    // Compared as bits: neither −0 nor NaN may come through.
    assertThat(hex(FloatOps.saturate(value))).isEqualTo(hex(expected));
    assertThat(Double.doubleToRawLongBits(FloatOps.saturate((double) value)))
        .isEqualTo(Double.doubleToRawLongBits(expected));
  }

  @Test
  void copySignTakesTheSignFromItsFirstSource() {
    assertThat(FloatOps.copySign(-1f, 3f)).isEqualTo(-3f);
    assertThat(FloatOps.copySign(1f, -3f)).isEqualTo(3f);
    assertThat(hex(FloatOps.copySign(of("ffc00000"), 0f))).isEqualTo("80000000");
    assertThat(FloatOps.copySign(-0.0, 3.0)).isEqualTo(-3.0);
    assertThat(FloatOps.copySign(7.0, -3.0)).isEqualTo(3.0);
  }

  @Test
  void canonicalChangesOnlyNaN() {
    assertThat(hex(FloatOps.canonical(of("ffc01234")))).isEqualTo("7fffffff");
    assertThat(hex(FloatOps.canonical(-0f))).isEqualTo("80000000");
  }

  private static float of(String bits) {
    return Float.intBitsToFloat(Integer.parseUnsignedInt(bits, 16));
  }

  private static String hex(float value) {
    return "%08x".formatted(Float.floatToRawIntBits(value));
  }
}
