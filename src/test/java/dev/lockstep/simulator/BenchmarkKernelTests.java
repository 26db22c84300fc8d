package dev.lockstep.simulator;

import dev.lockstep.device.DeviceOptions;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels that benchmarks time give what plain Java does, and the sanitizer reports none. */
class BenchmarkKernelTests {
  @ParameterizedTest
  @MethodSource("kernels")
  void isRight(WatchedKernel kernel) throws IOException {
    launch(kernel, DeviceOptions.defaults());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void isRightUnderTheSanitizer(WatchedKernel kernel) throws IOException {
    launch(kernel, DeviceOptions.defaults().withSanitize(true));
  }

  private static void launch(WatchedKernel kernel, DeviceOptions options) throws IOException {
    try (WatchedLaunch launch = new WatchedLaunch(kernel, options)) {
      launch.launch();
      launch.check();
    }
  }

  static Stream<WatchedKernel> kernels() {
    return Stream.concat(Stream.of(FourKernels.values()), Stream.of(IrregularKernels.values()));
  }
}
