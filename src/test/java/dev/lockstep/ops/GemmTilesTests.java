package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import dev.lockstep.numeric.DType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bits of a product are those of a sum in ascending order, whatever the tile: numbers from all
 * over the scale, whose sums depend on their order, give the same bits in every tile, on tensor
 * cores that add up as those of a GPU too, and whatever the order in which warps take turns.
 */
class GemmTilesTests {
  /**
   * Rows, outputs, depth: whole tiles and a ring that is drained at once; one that leaves whole
   * stages; a depth that ends within a stage, and tiles cut both ways; rows without alignment; the
   * ring of wide tiles in all passes.
   */
  private static final int[][] SHAPES = {
    {128, 256, 160}, {64, 128, 192}, {72, 200, 200}, {130, 129, 131}, {256, 192, 72}
  };

  record Case(MatrixMode mode, DType dtype, int m, int n, int k) {}

  static Stream<Case> cases() {
    return Stream.of(MatrixMode.values())
        .flatMap(
            mode ->
                Stream.of(SHAPES)
                    .map(
                        shape ->
                            new Case(
                                mode,
                                mode == MatrixMode.SM_90 ? DType.F16 : DType.BF16,
                                shape[0],
                                shape[1],
                                shape[2])));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTileGivesTheSameBits(Case one) {
    Map<String, GuardedMemory.Output> small = run(one, GemmTile.SMALL);
    for (GemmTile tile : EnumSet.complementOf(EnumSet.of(GemmTile.SMALL))) {
      run(one, tile)
          .forEach(
              (name, output) ->
                  assertThat(output.bytes())
                      .as("%s in tiles of %s", name, tile.label())
                      .isEqualTo(Objects.requireNonNull(small.get(name)).bytes()));
    }
  }

  /** Whole tiles, and tiles cut both ways. */
  static Stream<Arguments> gates() {
    return Stream.of(new int[] {128, 128, 160}, new int[] {130, 72, 100})
        .flatMap(
            shape ->
                Stream.of(
                    Arguments.of(DType.BF16, MatrixPrecision.FP32, shape),
                    Arguments.of(DType.F16, MatrixPrecision.FP32, shape),
                    Arguments.of(DType.F32, MatrixPrecision.TF32, shape)));
  }

  @ParameterizedTest
  @MethodSource("gates")
  void everyTileOfAGateGivesTheSameBits(DType dtype, MatrixPrecision precision, int[] shape) {
    Map<String, GuardedMemory.Output> small = gate(dtype, precision, shape, GatedTile.SMALL);
    assertThat(small).hasSize(3);
    gate(dtype, precision, shape, GatedTile.LARGE)
        .forEach(
            (name, output) ->
                assertThat(output.bytes())
                    .as(name)
                    .isEqualTo(Objects.requireNonNull(small.get(name)).bytes()));
  }

  private static Map<String, GuardedMemory.Output> gate(
      DType dtype, MatrixPrecision precision, int[] shape, GatedTile tile) {
    DeviceOptions options =
        DeviceOptions.defaults()
            .withSanitize(true)
            .withMatrixMode(MatrixMode.SM_80)
            .withSchedule(Schedule.random(tile.ordinal()));
    int m = shape[0];
    int hidden = shape[1];
    int k = shape[2];
    try (OpBench ops = new OpBench(Devices.open("sim", options).device());
        GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      new SwiGlu(ops.library, precision, tile)
          .forward(
              ops.stream,
              memory.output("h", dtype, m, hidden),
              memory.output("gate", dtype, m, hidden),
              memory.output("up", dtype, m, hidden),
              memory.input(dtype, Samples.normal(1, (long) m * k, dtype), m, k),
              memory.input(dtype, Samples.normal(2, (long) hidden * k, dtype), hidden, k),
              memory.input(dtype, Samples.normal(3, (long) hidden * k, dtype), hidden, k),
              memory.input(dtype, Samples.normal(4, hidden, dtype), hidden),
              null,
              Activation.SILU);
      return memory.finish();
    }
  }

  private static Map<String, GuardedMemory.Output> run(Case one, GemmTile tile) {
    DeviceOptions options =
        DeviceOptions.defaults()
            .withSanitize(true)
            .withMatrixMode(one.mode)
            .withSchedule(Schedule.random(tile.ordinal()));
    try (OpBench ops = new OpBench(Devices.open("sim", options).device());
        GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      FusedLinear linear = ops.linearIn(tile);
      DType dtype = one.dtype;
      int m = one.m;
      int n = one.n;
      int k = one.k;
      var x = memory.input(dtype, Samples.normal(1, (long) m * k, dtype), m, k);
      var weight = memory.input(dtype, Samples.normal(2, (long) n * k, dtype), n, k);
      var out = memory.output("out", dtype, m, n);
      linear.forward(ops.stream, out, null, x, weight, null, null, Activation.NONE);
      var dY = memory.input(dtype, Samples.normal(3, (long) m * k, dtype), m, k);
      var across = memory.input(dtype, Samples.normal(4, (long) k * n, dtype), k, n);
      linear.backwardInput(ops.stream, memory.output("dX", dtype, m, n), dY, across);
      var tall = memory.input(dtype, Samples.normal(5, (long) k * m, dtype), k, m);
      double[] before = Samples.normal(6, (long) m * n, DType.F32);
      linear.backwardWeight(
          ops.stream, memory.updated("dWeight", DType.F32, before, m, n), tall, across);
      return memory.finish();
    }
  }
}
