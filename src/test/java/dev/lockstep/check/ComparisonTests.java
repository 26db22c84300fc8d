package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ComparisonTests {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  /** Expected, got, tolerance, passes, worst error. */
  static Stream<Arguments> pairs() {
    return Stream.of(
        Arguments.of(1.0, 1.0, 0.0, true, 0.0),
        Arguments.of(0.0, -0.0, 0.0, true, 0.0),
        Arguments.of(1.0, 1.5, 0.5, true, 0.5),
        Arguments.of(1.0, 1.5, 0.4, false, 0.5),
        Arguments.of(1.0, 1.0, NAN, false, 0.0),
        Arguments.of(1.0, NAN, INF, false, NAN),
        Arguments.of(NAN, 1.0, INF, false, NAN),
        Arguments.of(NAN, NAN, 0.0, true, 0.0),
        Arguments.of(INF, INF, 0.0, true, 0.0),
        Arguments.of(INF, -INF, INF, false, NAN),
        Arguments.of(1.0, INF, INF, false, NAN),
        Arguments.of(INF, 1e308, INF, false, NAN),
        Arguments.of(NAN, INF, INF, false, NAN));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void judgesAPair(double expected, double got, double tolerance, boolean passes, double worst) {
    Comparison comparison =
        Comparison.of("y", new double[] {0, expected}, new double[] {0, got}, tolerance);
    assertThat(comparison.passed()).isEqualTo(passes);
    assertThat(comparison.worstError()).isEqualTo(Double.valueOf(worst));
    assertThat(comparison.severity() > 1).isEqualTo(!passes);
    if (!passes) {
      assertThat(comparison.mismatch()).startsWith("y[");
    }
  }

  @Test
  void missingElementsNeverPass() {
    Comparison comparison = Comparison.of("y", new double[2], new double[1], 1);
    assertThat(comparison.passed()).isFalse();
    assertThat(comparison.mismatch()).isEqualTo("y has 1 elements, expected 2");
  }
}
