package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.KernelArgs;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums of no terms, of the kernels themselves: with null for operands that have no elements. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GemmEmptySumTests {
  private static final int ROWS = 5;
  private static final int COLS = 9;

  /** Pointers of an input gradient's kernel beside the one of its result. */
  private static final int INPUT_OPERANDS = 11;

  private OpBench ops;

  @BeforeAll
  void open() {
    ops = new OpBench(SimulatedDevices.open(2));
  }

  @AfterAll
  void close() {
    ops.close();
  }

  static Stream<Arguments> kernels() {
    return Arrays.stream(GemmTile.values())
        .flatMap(
            tile ->
                OpTests.TYPES.stream()
                    .filter(type -> tile.takes(type, MatrixPrecision.FP32))
                    .map(type -> Arguments.of(tile, type)));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void whatRemainsOfAForwardProductIsBiasActivationAndResidual(GemmTile tile, DType dtype) {
    double[] bias = Samples.integers(1, COLS, 9);
    double[] residual = Samples.integers(2, ROWS * COLS, 9);
    double[] expected = Naive.plus(Naive.plusRow(new double[ROWS * COLS], relu(bias)), residual);
    double[] pre = Naive.plusRow(new double[ROWS * COLS], bias);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor out = memory.output("out", dtype, ROWS, COLS);
      Tensor kept = memory.output("pre", dtype, ROWS, COLS);
      Tensor inBias = memory.input(dtype, bias, COLS);
      Tensor inResidual = memory.input(dtype, residual, ROWS, COLS);
      launch(
          "linear_forward",
          tile,
          dtype,
          args -> {
            address(args, out);
            address(args, kept);
            args.nullAddress();
            args.nullAddress();
            address(args, inBias);
            address(args, inResidual);
            args.nullAddress();
            args.int64(ROWS);
            args.int64(COLS);
            args.int64(0);
            args.int32(Activation.RELU.code());
            args.float32(0);
          });
      var outputs = memory.finish();
      assertThat(OpTests.output(outputs, "out").values()).isEqualTo(expected);
      assertThat(OpTests.output(outputs, "pre").values()).isEqualTo(pre);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theInputGradientOfNoOutputsIsZero(GemmTile tile, DType dtype) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor dX = memory.output("dX", dtype, ROWS, COLS);
      launch(
          "linear_backward_input",
          tile,
          dtype,
          args -> {
            address(args, dX);
            for (int i = 0; i < INPUT_OPERANDS; i++) {
              args.nullAddress();
            }
            args.int64(ROWS);
            args.int64(0);
            args.int64(COLS);
            args.int32(Activation.NONE.code());
            args.float32(0);
          });
      assertThat(OpTests.output(memory.finish(), "dX").values()).containsOnly(0);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void noRowsAddNothingToAWeightGradient(GemmTile tile, DType dtype) {
    double[] before = Samples.normal(1, ROWS * COLS, DType.F32);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      Tensor dWeight = memory.updated("dWeight", DType.F32, before, ROWS, COLS);
      launch(
          "linear_backward_weight",
          tile,
          dtype,
          args -> {
            address(args, dWeight);
            args.nullAddress();
            args.nullAddress();
            args.nullAddress();
            args.int64(0);
            args.int64(ROWS);
            args.int64(COLS);
            args.int64(0);
          });
      assertThat(OpTests.output(memory.finish(), "dWeight").values()).isEqualTo(before);
    }
  }

  private void launch(String stem, GemmTile tile, DType dtype, Consumer<KernelArgs> arguments) {
    KernelArgs args = new KernelArgs();
    args.reset();
    arguments.accept(args);
    ops.stream.launch(
        new GemmFamily(ops.library, "linear", stem, MatrixPrecision.FP32).of(tile, dtype),
        GemmLaunch.of(tile, ROWS, COLS).launch(),
        args);
    ops.stream.synchronize();
  }

  private static void address(KernelArgs args, Tensor tensor) {
    args.address(tensor.buffer(), tensor.byteOffset());
  }

  private static double[] relu(double[] values) {
    return Arrays.stream(values).map(value -> Math.max(value, 0)).toArray();
  }
}
