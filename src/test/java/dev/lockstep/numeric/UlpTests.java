package dev.lockstep.numeric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UlpTests {
  @ParameterizedTest
  @CsvSource({
    "F32, 1, 0x1p-23",
    "F32, 1.9999999, 0x1p-23",
    "F32, -2, 0x1p-22",
    "F32, 0, 0x1p-149",
    "F32, 0x1p-140, 0x1p-149",
    "F32, 3.4028235e38, 0x1p104",
    "F16, 1, 0x1p-10",
    "F16, 65504, 32",
    "F16, 0, 0x1p-24",
    "F16, 0x1p-14, 0x1p-24",
    "BF16, 1, 0x1p-7",
    "BF16, -300, 2",
    "BF16, 0, 0x1p-133",
    "F64, 1, 0x1p-52",
    "F64, 0, 0x1p-1074",
    // 2047.9 rounds to 2048 in f16, so the spacing is that above 2048.
    "F16, 2047.9, 2"
  })
  void spacingIsTheStepToTheNextLargerNumber(DType dtype, double value, double expected) {
    assertThat(Ulp.spacing(dtype, value)).isEqualTo(expected);
  }

  @Test
  void spacingMatchesJavaForEveryExponentOfFloat() {
    for (int exponent = -149; exponent <= 127; exponent++) {
      float value = Math.scalb(1.25f, exponent);
      assertThat(Ulp.spacing(DType.F32, value)).isEqualTo(Math.ulp(value));
    }
  }

  @ParameterizedTest
  @CsvSource({"F16, 65520", "BF16, 3.4e38", "F32, 1e39", "F32, NaN", "F64, Infinity"})
  void spacingOfWhatIsNotFiniteIsNaN(DType dtype, double value) {
    assertThat(Ulp.spacing(dtype, value)).isNaN();
  }

  @ParameterizedTest
  @CsvSource({
    "BF16, 1.0, 1.0, 0",
    "BF16, 1.0078125, 1.0, 1",
    "BF16, 0.5, 1.0, 64",
    "F32, -0.0, 0.0, 0",
    "F16, 1.00048828125, 1.0, 0.5",
    "F32, NaN, NaN, 0",
    "F32, Infinity, Infinity, 0",
    "F32, NaN, 1.0, Infinity",
    "F32, 1.0, NaN, Infinity",
    "F32, Infinity, 1.0, Infinity",
    "F32, -Infinity, Infinity, Infinity",
    "F16, 1.0, 70000, Infinity"
  })
  void distanceCountsSpacingsAtTheExpectedValue(
      DType dtype, double got, double expected, double distance) {
    assertThat(Ulp.distance(dtype, got, expected)).isEqualTo(distance);
  }
}
