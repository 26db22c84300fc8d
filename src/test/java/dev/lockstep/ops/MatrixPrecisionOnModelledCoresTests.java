package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.TENSOR_PRODUCT;
import static dev.lockstep.numeric.DType.F32;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of f32 tensors on tensor cores that add up as those of GPUs are modelled. */
class MatrixPrecisionOnModelledCoresTests {
  private static final int ROWS = 5;
  private static final int WIDTH = 20;

  @ParameterizedTest
  @CsvSource({
    "TF32, SM_80, 31",
    "TF32, SM_80, 1000",
    "TF32, SM_90, 31",
    "TF32, SM_90, 1000",
    "TF32X3, SM_80, 257",
    "TF32X3, SM_90, 257"
  })
  void theErrorOfModelledTensorCoresGrowsWithTheDepthAtMost(
      MatrixPrecision precision, MatrixMode mode, int depth) {
    assertWithinBound(precision, mode, depth);
  }

  @Tag("sweep")
  @ParameterizedTest
  @CsvSource({"TF32, SM_80, 16384", "TF32, SM_90, 16384", "TF32X3, SM_80, 4096"})
  void neitherDoesItBeyondInLongSums(MatrixPrecision precision, MatrixMode mode, int depth) {
    assertWithinBound(precision, mode, depth);
  }

  /** All factors positive, so that what is cut off sums up. */
  private static void assertWithinBound(MatrixPrecision precision, MatrixMode mode, int depth) {
    double[] x = positive(1, ROWS * depth);
    double[] weight = positive(2, WIDTH * depth);
    boolean once = precision == MatrixPrecision.TF32;
    double[] left = once ? Samples.tf32(x) : x;
    double[] right = once ? Samples.tf32(weight) : weight;
    double[] exact = Naive.timesTransposed(left, right, ROWS, WIDTH, depth);
    double largest = Samples.largest(exact);
    double bound =
        once
            ? TENSOR_PRODUCT.of(F32, depth, largest, largest)
            : TENSOR_PRODUCT.of(F32, 3L * depth, largest, largest) + 3 * 0x1p-22 * largest;
    DeviceOptions options = DeviceOptions.defaults().withSanitize(true);
    double[] modelled = forward(options.withMatrixMode(mode), precision, x, weight, depth);
    double[] fast = forward(options, precision, x, weight, depth);
    assertThat(error(modelled, exact)).isLessThanOrEqualTo(bound);
    assertThat(error(fast, exact)).isLessThan(error(modelled, exact));
  }

  @Test
  void anyOrderOfWarpsGivesTheSameBits() {
    int depth = 200;
    double[] x = Samples.normal(1, ROWS * depth, F32);
    double[] weight = Samples.normal(2, WIDTH * depth, F32);
    DeviceOptions options = DeviceOptions.defaults().withSanitize(true);
    for (MatrixPrecision precision : MatrixPrecision.values()) {
      assertThat(forward(options.withSchedule(Schedule.random(7)), precision, x, weight, depth))
          .isEqualTo(forward(options, precision, x, weight, depth));
    }
  }

  private static double[] positive(int seed, int count) {
    return Arrays.stream(Samples.normal(seed, count, F32)).map(Math::abs).toArray();
  }

  private static double[] forward(
      DeviceOptions options, MatrixPrecision precision, double[] x, double[] weight, int depth) {
    try (OpBench bench = new OpBench(Devices.open("sim", options).device());
        GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      bench
          .linear(precision)
          .forward(
              bench.stream,
              memory.output("out", F32, ROWS, WIDTH),
              null,
              memory.input(F32, x, ROWS, depth),
              memory.input(F32, weight, WIDTH, depth),
              null,
              null,
              Activation.NONE);
      return OpTests.output(memory.finish(), "out").values();
    }
  }

  private static double error(double[] got, double[] exact) {
    double error = 0;
    for (int i = 0; i < exact.length; i++) {
      error = Math.max(error, Math.abs(got[i] - exact[i]));
    }
    return error;
  }
}
