package dev.lockstep.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTests {
  @ParameterizedTest
  @CsvSource({"F32, 4, f32", "F16, 2, f16", "BF16, 2, bf16", "I32, 4, i32", "F64, 8, f64"})
  void knowsSizeAndName(DType dtype, int bytes, String suffix) {
    assertThat(dtype.byteSize()).isEqualTo(bytes);
    assertThat(dtype.suffix()).isEqualTo(suffix);
    assertThat(dtype.isFloating()).isEqualTo(dtype != DType.I32);
  }

  @ParameterizedTest
  @CsvSource({
    "F64, 0.1, 0.1", "F32, 0.1, 0x1.99999ap-4", "F16, 0.1, 0x1.998p-4", "BF16, 0.1, 0x1.9ap-4",
    "F16, 65519.999, 65504", "F16, 65520, Infinity", "BF16, -1e39, -Infinity", "F32, NaN, NaN"
  })
  void roundsToWhatItCanStore(DType dtype, double value, Double expected) {
    assertThat(dtype.round(value)).isEqualTo(expected);
  }

  /** 1 + u is a tie that goes down to 1; the least bit more goes up. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"I32", "F64"})
  void unitRoundoffIsHalfTheGapAboveOne(DType dtype) {
    double u = dtype.unitRoundoff();
    assertThat(dtype.round(1 + u)).isEqualTo(1);
    assertThat(dtype.round(Math.nextUp(1 + u))).isEqualTo(1 + 2 * u);
  }

  @Test
  void integersAreNotRoundedTo() {
    assertThatThrownBy(() -> DType.I32.round(1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("i32");
    assertThat(DType.I32.unitRoundoff()).isZero();
  }
}
