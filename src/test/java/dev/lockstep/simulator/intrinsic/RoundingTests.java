package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundingTests {
  @ParameterizedTest
  @CsvSource({
    // value, rni, rzi, rmi, rpi
    "2.5, 2, 2, 2, 3",
    "3.5, 4, 3, 3, 4",
    "-2.5, -2, -2, -3, -2",
    "0.5, 0, 0, 0, 1",
    "-0.5, -0.0, -0.0, -1, -0.0",
    "-0.0, -0.0, -0.0, -0.0, -0.0",
    "0, 0, 0, 0, 0",
    "1e300, 1e300, 1e300, 1e300, 1e300",
    "-Infinity, -Infinity, -Infinity, -Infinity, -Infinity",
    "NaN, NaN, NaN, NaN, NaN"
  })
  void roundsToIntegers(Double value, Double rni, Double rzi, Double rmi, Double rpi) {
    assertThat(Rounding.NEAREST.toIntegral(value)).isEqualTo(rni);
    assertThat(Rounding.ZERO.toIntegral(value)).isEqualTo(rzi);
    assertThat(Rounding.DOWN.toIntegral(value)).isEqualTo(rmi);
    assertThat(Rounding.UP.toIntegral(value)).isEqualTo(rpi);
  }

  @ParameterizedTest
  @CsvSource({
    "rn, NEAREST",
    "rni, NEAREST",
    "rz, ZERO",
    "rzi, ZERO",
    "rm, DOWN",
    "rmi, DOWN",
    "rp, UP",
    "rpi, UP"
  })
  void roundingModifiersHaveNames(String modifier, Rounding expected) {
    assertThat(Rounding.of(modifier)).isEqualTo(expected);
  }

  @Test
  void refusesOtherModifiers() {
    assertThatThrownBy(() -> Rounding.of("rna"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rna");
  }
}
