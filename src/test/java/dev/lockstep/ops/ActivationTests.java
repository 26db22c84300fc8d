package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivationTests {
  /** The codes are compiled into the kernels. */
  @ParameterizedTest
  @CsvSource({
    "none, 0",
    "relu, 1",
    "leaky_relu, 2",
    "sigmoid, 3",
    "tanh, 4",
    "silu, 5",
    "gelu_tanh, 6",
    "gelu_erf, 7"
  })
  void labelsAndCodesAreFixed(String label, int code) {
    assertThat(Activation.of(label).code()).isEqualTo(code);
    assertThat(Activation.of(label).label()).isEqualTo(label);
    assertThat(Activation.values()).hasSize(8);
  }

  @Test
  void anUnknownLabelListsTheKnownOnes() {
    assertThatThrownBy(() -> Activation.of("gelu"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unknown activation \"gelu\"; known: none, relu, leaky_relu, sigmoid, tanh, silu,"
                + " gelu_tanh, gelu_erf");
  }
}
