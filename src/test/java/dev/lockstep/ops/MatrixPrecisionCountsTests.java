package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What products of f32 tensors cost on tensor cores, counted, in each tile. Operands are zero,
 * which changes no count.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MatrixPrecisionCountsTests {
  private static final int ROWS = 128;
  private static final int DEPTH = 512;

  private OpBench bench;

  @BeforeAll
  void open() {
    bench = new OpBench(Devices.open("sim", DeviceOptions.defaults()).device());
  }

  @AfterAll
  void close() {
    bench.close();
  }

  /**
   * Rounding takes an instruction for each word of a fragment: one for each product with warps of
   * 64 × 64, two with those of 32 × 32. Of three products, two more are for what it cuts off. A
   * tensor core of sm_80 is busy with one such product while eight instructions are issued.
   */
  @ParameterizedTest
  @CsvSource({ // 512 columns are enough for the large tile, where there is one; 448 are not
    "TF32, FORWARD, 512, 3.45",
    "TF32, INPUT, 512, 3.35",
    "TF32, WEIGHT, 512, 3.5",
    "TF32, FORWARD, 448, 5.85",
    "TF32, INPUT, 448, 5.55",
    "TF32, WEIGHT, 448, 5.85",
    "TF32X3, FORWARD, 512, 3.95",
    "TF32X3, INPUT, 512, 3.85",
    "TF32X3, WEIGHT, 512, 3.9"
  })
  void fewInstructionsAccompanyAProductAndNoAccessIsWasted(
      MatrixPrecision precision, CountedPass pass, int width, double most) {
    int result = pass == CountedPass.WEIGHT ? width : ROWS;
    GemmTile tile = GemmTile.of(DType.F32, precision, width, DEPTH);
    Counts counts = pass.count(bench, bench.linear(precision), DType.F32, result, width, DEPTH);
    long tiles = GemmLaunch.of(tile, result, width).tiles();
    long operands = tiles * (tile.rows() + tile.cols()) * DEPTH * 4L;
    assertThat((double) counts.get(Counter.INSTRUCTIONS) / counts.get(Counter.TENSOR))
        .isLessThanOrEqualTo(most);
    assertThat(counts.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.LOCAL_LOAD_REQUESTS)).isZero();
    assertThat(32 * counts.get(Counter.GLOBAL_COPY_SECTORS)).isEqualTo(operands);
    assertThat(counts.get(Counter.GLOBAL_STORE_DISTINCT_BYTES))
        .isEqualTo(32 * counts.get(Counter.GLOBAL_STORE_SECTORS))
        .isEqualTo(4L * result * width);
    double tensor = counts.get(Counter.TENSOR_FLOPS);
    assertThat(tensor / (tensor + counts.flops())).isGreaterThan(0.9);
  }
}
