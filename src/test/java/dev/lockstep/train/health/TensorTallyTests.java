package dev.lockstep.train.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorTallyTests {
  private final TensorTally tally = new TensorTally("a");

  @Test
  void averagesWhatIsFiniteAndCountsTheRest() {
    add(2, 2, 1, -3, Double.NaN, 2);
    add(1, 2, Double.NEGATIVE_INFINITY, 4);
    TensorHealth health = tally.health();
    assertThat(health.count()).isEqualTo(6);
    assertThat(health.nonFinite()).isEqualTo(2);
    assertThat(health.mean()).isEqualTo(1);
    assertThat(health.rms()).isCloseTo(Math.sqrt(30.0 / 4), within(1e-15));
    assertThat(health.norm()).isCloseTo(Math.sqrt(30), within(1e-15));
    assertThat(health.dead()).isEmpty();
    assertThat(health.saturated()).isEmpty();
    assertThat(tally.health(0.5).rms()).isEqualTo(2 * health.rms());
  }

  @Test
  void saysNothingOfWhatIsNowhereFinite() {
    tally.add(new float[] {Float.NaN, Float.POSITIVE_INFINITY});
    assertThat(tally.health().mean()).isNaN();
    assertThat(tally.health().rms()).isNaN();
    assertThat(tally.health().nonFinite()).isEqualTo(2);
  }

  /** −0 is dead as well; what is no number is not. */
  @Test
  void aUnitIsDeadThatIsZeroInAllRowsOfAllParts() {
    addUnits(2, 5, 0, 0, -0.0, 1, 0, 0, 2, 0, 0, 0);
    addUnits(1, 5, 0, 0, 0, 0, Double.NaN);
    assertThat(tally.health().dead()).isEqualTo(OptionalDouble.of(2.0 / 5));
  }

  @ParameterizedTest
  @CsvSource({
    // Where a hundredth of the steepest slope is left: 1 − y² of tanh, 4 y (1 − y) of the other.
    "TANH, 0.994987, 2.9932",
    "SIGMOID, 0.997494, 5.9866",
  })
  void saturationBeginsAtAHundredthOfTheSlope(Activation activation, double result, double z) {
    assertThat(TensorTally.saturates(activation)).isTrue();
    try (HostTensor results = tensor(1, 2, result - 1e-5, result + 1e-5);
        HostTensor arguments = tensor(1, 4, z - 1e-3, z + 1e-3, -z - 1e-3, -z + 1e-3)) {
      tally.addResults(results, activation);
      tally.addArguments(arguments, activation);
    }
    assertThat(tally.health().saturated()).isEqualTo(OptionalDouble.of(0.5));
  }

  private void add(int rows, int cols, double... values) {
    try (HostTensor tensor = tensor(rows, cols, values)) {
      tally.add(tensor);
    }
  }

  private void addUnits(int rows, int cols, double... values) {
    try (HostTensor tensor = tensor(rows, cols, values)) {
      tally.addUnits(tensor);
    }
  }

  private static HostTensor tensor(int rows, int cols, double... values) {
    HostTensor tensor = new HostTensor(DType.F32, Shape.of(rows, cols));
    tensor.put(values);
    return tensor;
  }
}
