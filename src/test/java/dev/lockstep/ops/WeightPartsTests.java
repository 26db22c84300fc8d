package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A weight gradient that is summed in parts has the bits of these parts, each summed by itself, and
 * added up in ascending order: in every run, and whatever the order in which warps take turns.
 */
class WeightPartsTests {
  /**
   * How many rows, outputs and inputs: parts of nine stages and a shorter one, tiles cut both ways.
   */
  record Case(
      DType dtype, MatrixPrecision precision, @Nullable GemmTile tile, int m, int n, int k) {
    WeightParts parts() {
      return tile == null
          ? WeightParts.of(dtype, precision, n, k, m)
          : WeightParts.in(tile, n, k, m);
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(DType.F32, MatrixPrecision.FP32, null, 1100, 17, 68),
        new Case(DType.F32, MatrixPrecision.TF32, null, 1700, 70, 12),
        new Case(DType.F32, MatrixPrecision.TF32X3, null, 1100, 9, 21),
        new Case(DType.F16, MatrixPrecision.FP32, null, 1100, 65, 24),
        new Case(DType.BF16, MatrixPrecision.FP32, null, 1600, 7, 9),
        new Case(DType.BF16, MatrixPrecision.FP32, GemmTile.LARGE, 2100, 40, 136),
        new Case(DType.F16, MatrixPrecision.FP32, GemmTile.WIDE, 2100, 16, 72));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void partsAddUpInAscendingOrder(Case one) {
    WeightParts parts = one.parts();
    assertThat(parts.count()).isGreaterThan(1);
    double[] dY = Samples.normal(1, (long) one.m * one.n, one.dtype);
    double[] x = Samples.normal(2, (long) one.m * one.k, one.dtype);
    double[] before = Samples.normal(3, (long) one.n * one.k, DType.F32);
    float[] sum = new float[before.length];
    for (int i = 0; i < parts.count(); i++) {
      int from = (int) (i * parts.rows());
      int to = (int) Math.min(one.m, from + parts.rows());
      double[] part =
          run(
              one,
              Arrays.copyOfRange(dY, from * one.n, to * one.n),
              Arrays.copyOfRange(x, from * one.k, to * one.k),
              new double[before.length],
              0,
              0);
      for (int j = 0; j < sum.length; j++) {
        sum[j] = i == 0 ? (float) part[j] : sum[j] + (float) part[j];
      }
    }
    double[] expected = new double[before.length];
    for (int j = 0; j < expected.length; j++) {
      expected[j] = (float) before[j] + sum[j];
    }
    for (int seed = 0; seed < 2; seed++) {
      assertThat(run(one, dY, x, before, parts.count(), seed)).isEqualTo(expected);
    }
  }

  /**
   * @param parts 0 for the sum as a whole
   */
  private static double[] run(
      Case one, double[] dY, double[] x, double[] before, int parts, int seed) {
    DeviceOptions options =
        DeviceOptions.defaults()
            .withSanitize(true)
            .withMatrixMode(MatrixMode.SM_80)
            .withSchedule(Schedule.random(seed));
    int rows = x.length / one.k;
    try (OpBench ops = new OpBench(Devices.open("sim", options).device());
        GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      FusedLinear linear = one.tile == null ? ops.linear(one.precision) : ops.linearIn(one.tile);
      Tensor dWeight = memory.updated("dWeight", DType.F32, before, one.n, one.k);
      Tensor inY = memory.input(one.dtype, dY, rows, one.n);
      Tensor inX = memory.input(one.dtype, x, rows, one.k);
      if (parts == 0) {
        linear.backwardWeight(ops.stream, dWeight, inY, inX);
      } else {
        Tensor workspace = memory.scratch(DType.F32, parts, one.n, one.k);
        linear.backwardWeight(ops.stream, dWeight, inY, inX, workspace);
      }
      return Objects.requireNonNull(memory.finish().get("dWeight")).values();
    }
  }
}
