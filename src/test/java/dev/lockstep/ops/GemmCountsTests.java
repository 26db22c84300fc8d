package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What large products cost, counted: how many instructions accompany a tensor core's, and that no
 * access to memory wastes a byte. Operands are zero, which changes no count.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GemmCountsTests {
  private static final int WIDTH = 512;
  private static final int ROWS = 128;
  private static final int STAGE = 32;
  private static final int TURN = 3 * STAGE;

  private OpBench bench;

  private enum Pass {
    FORWARD,
    INPUT,
    WEIGHT
  }

  @BeforeAll
  void open() {
    bench = new OpBench(Devices.open("sim", DeviceOptions.defaults()).device());
  }

  @AfterAll
  void close() {
    bench.close();
  }

  /** Warps of 64 × 64: the copies and fragments of a step are a fraction of its products. */
  @ParameterizedTest
  @CsvSource({"FORWARD, 1.62", "INPUT, 1.68", "WEIGHT, 1.69"})
  void fewInstructionsAccompanyAProduct(Pass pass, double most) {
    assertThat(perProduct(count(pass, 1024))).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @EnumSource
  void theLoopTakesAtMostThreeInstructionsForTwoProducts(Pass pass) {
    Counts some = count(pass, 256);
    Counts more = count(pass, 256 + TURN);
    double instructions = more.get(Counter.INSTRUCTIONS) - some.get(Counter.INSTRUCTIONS);
    double products = more.get(Counter.TENSOR) - some.get(Counter.TENSOR);
    assertThat(instructions / products).isLessThanOrEqualTo(1.5);
  }

  @ParameterizedTest
  @EnumSource
  void noAccessIsWasted(Pass pass) {
    Counts counts = count(pass, 256);
    int result = pass == Pass.WEIGHT ? WIDTH : ROWS;
    long tiles = result / 128 * (WIDTH / 128);
    long operands = tiles * (128 + 128) * 256 * 2;
    assertThat(counts.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.LOCAL_LOAD_REQUESTS)).isZero();
    assertThat(32 * counts.get(Counter.GLOBAL_COPY_SECTORS)).isEqualTo(operands);
    assertThat(counts.get(Counter.GLOBAL_COPY_DISTINCT_BYTES)).isEqualTo(operands);
    assertThat(counts.get(Counter.GLOBAL_STORE_DISTINCT_BYTES))
        .isEqualTo(32 * counts.get(Counter.GLOBAL_STORE_SECTORS))
        .isEqualTo(tiles * 128 * 128 * (pass == Pass.WEIGHT ? 4 : 2));
    assertThat(counts.get(Counter.GLOBAL_LOAD_DISTINCT_BYTES))
        .isEqualTo(32 * counts.get(Counter.GLOBAL_LOAD_SECTORS));
    double tensor = counts.get(Counter.TENSOR_FLOPS);
    assertThat(tensor / (tensor + counts.flops())).isGreaterThan(0.9);
  }

  private static double perProduct(Counts counts) {
    return (double) counts.get(Counter.INSTRUCTIONS) / counts.get(Counter.TENSOR);
  }

  /** Of a pass whose sums are {@code depth} deep. */
  private Counts count(Pass pass, int depth) {
    try (TensorArena memory = new TensorArena()) {
      List<Tensor> tensors = new ArrayList<>();
      Function<Shape, Tensor> bf16 = shape -> add(tensors, memory.tensor(DType.BF16, shape));
      KernelCounters counters = bench.device.capability(KernelCounters.class).orElseThrow();
      Runnable launch =
          switch (pass) {
            case FORWARD -> {
              Tensor out = bf16.apply(Shape.of(ROWS, WIDTH));
              Tensor x = bf16.apply(Shape.of(ROWS, depth));
              Tensor weight = bf16.apply(Shape.of(WIDTH, depth));
              yield () ->
                  bench.linear.forward(
                      bench.stream, out, null, x, weight, null, null, Activation.NONE);
            }
            case INPUT -> {
              Tensor dX = bf16.apply(Shape.of(ROWS, WIDTH));
              Tensor dY = bf16.apply(Shape.of(ROWS, depth));
              Tensor weight = bf16.apply(Shape.of(depth, WIDTH));
              yield () -> bench.linear.backwardInput(bench.stream, dX, dY, weight);
            }
            case WEIGHT -> {
              Tensor dWeight = add(tensors, memory.tensor(DType.F32, Shape.of(WIDTH, WIDTH)));
              Tensor dY = bf16.apply(Shape.of(depth, WIDTH));
              Tensor x = bf16.apply(Shape.of(depth, WIDTH));
              yield () -> bench.linear.backwardWeight(bench.stream, dWeight, dY, x);
            }
          };
      memory.allocate(bench.device);
      tensors.forEach(tensor -> tensor.zero(bench.stream));
      bench.stream.synchronize();
      counters.start();
      launch.run();
      bench.stream.synchronize();
      return counters.stop().getFirst().totals();
    }
  }

  private static Tensor add(List<Tensor> tensors, Tensor tensor) {
    tensors.add(tensor);
    return tensor;
  }
}
