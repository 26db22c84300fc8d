package dev.lockstep.grill.toy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.Primitives;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What experiments rest on, held to cases whose answer is known. */
class ToyTests {
  private static final int DEPTH = 3;

  /** Layers that double: E[h²] grows by 4 in each, and so does |∂L/∂h|² on its way back. */
  @Test
  void signalOfLayersThatDouble() {
    Draws draws = Draws.of(1);
    Signal signal = Signal.through(draws, (d, index) -> h -> Primitives.scale(h, 2), DEPTH, 4, 5);
    assertThat(signal.passed()).hasSize(DEPTH + 1);
    assertThat(signal.growth()).isCloseTo(Math.log10(64), within(1e-12));
    assertThat(signal.gradientGrowth(draws)).isCloseTo(Math.log10(8), within(1e-12));
  }

  /** A second sweep begins anew, at the input as well. */
  @Test
  void gradientsDoNotAddUpOverSweeps() {
    Signal signal =
        Signal.through(Draws.of(2), (d, index) -> h -> Primitives.scale(h, 2), DEPTH, 4, 5);
    double[] first = signal.gradientNorms(Draws.of(3));
    assertThat(signal.gradientNorms(Draws.of(3))).containsExactly(first);
  }

  @Test
  void leastSquaresOfAPolynomial() {
    double[][] features = new double[20][];
    double[] targets = new double[20];
    for (int i = 0; i < 20; i++) {
      double x = i / 10.0 - 1;
      features[i] = new double[] {1, x, x * x};
      targets[i] = 3 - 2 * x + 0.5 * x * x;
    }
    assertThat(LeastSquares.fit(features, targets))
        .containsExactly(new double[] {3, -2, 0.5}, within(1e-12));
  }

  /** Features that depend on each other have no single best combination, but a best fit. */
  @Test
  void leastSquaresOfFeaturesThatDepend() {
    double[][] features = {{1, 2, 3}, {2, 4, 5}, {3, 6, 9}, {4, 8, 1}};
    double[] targets = {4, 7, 12, 5};
    double[] found = LeastSquares.fit(features, targets);
    for (int i = 0; i < targets.length; i++) {
      assertThat(LeastSquares.value(found, features[i])).isCloseTo(targets[i], within(1e-10));
    }
  }

  /** Without noise, half a turn ends opposite to where it began, and classes are opposite, too. */
  @Test
  void spiralsWindAroundEachOther() {
    Spirals spirals = Spirals.draw(Draws.of(4), 200, 0.5, 0);
    for (int i = 0; i < 200; i++) {
      double x = spirals.points()[2 * i];
      double y = spirals.points()[2 * i + 1];
      double along = (Math.hypot(x, y) - 0.1) / 0.9;
      assertThat(spirals.classes()[i]).isEqualTo(i % 2);
      assertThat(along).isBetween(0.0, 1.0);
      assertThat(Math.signum(y)).isEqualTo(i % 2 == 0 ? 1 : -1);
      assertThat(x * (i % 2 == 0 ? 1 : -1))
          .isCloseTo(Math.hypot(x, y) * Math.cos(Math.PI * along), within(1e-12));
    }
  }

  /** In segments of two what is not kept is gone when its turn comes. */
  @ParameterizedTest
  @CsvSource({"0, false", "0, true", "2, true"})
  void layersOnTheDeviceAreThoseOfTheReference(int segment, boolean ofInput) {
    CountedLayers.Pass right = CountedLayers.reference(Draws.of(1), segment, ofInput);
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      CountedLayers.Pass pass =
          CountedLayers.run(device, Draws.of(1), segment, ofInput).orElseThrow();
      assertThat(Vectors.relativeError(pass.gradients(), right.gradients())).isLessThan(1e-6);
      assertThat(List.of(pass.forward(), pass.again(), pass.backward()))
          .containsExactly(right.forward(), right.again(), right.backward());
    }
  }
}
