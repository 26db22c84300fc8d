package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What large products cost, counted: how many instructions accompany a tensor core's, and that no
 * access to memory wastes a byte. Operands are zero, which changes no count.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GemmCountsTests {
  /** Of the result, in every pass: two large tiles, or one wide one. */
  private static final int WIDTH = 256;

  private static final int ROWS = 128;

  private OpBench bench;

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
  @CsvSource({
    "LARGE, FORWARD, 1.62",
    "LARGE, INPUT, 1.65",
    "LARGE, WEIGHT, 1.68",
    "WIDE, FORWARD, 1.56",
    "WIDE, INPUT, 1.57",
    // Whose results, in fp32, are read and added to: 128 additions and as many accesses.
    "WIDE, WEIGHT, 1.60"
  })
  void fewInstructionsAccompanyAProduct(GemmTile tile, CountedPass pass, double most) {
    assertThat(perProduct(count(tile, pass, 1024))).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @MethodSource("tilesAndPasses")
  void theLoopTakesAtMostThreeInstructionsForTwoProducts(GemmTile tile, CountedPass pass) {
    Counts some = count(tile, pass, 256);
    Counts more = count(tile, pass, 256 + turn(tile));
    double instructions = more.get(Counter.INSTRUCTIONS) - some.get(Counter.INSTRUCTIONS);
    double products = more.get(Counter.TENSOR) - some.get(Counter.TENSOR);
    assertThat(instructions / products).isLessThanOrEqualTo(1.5);
  }

  @ParameterizedTest
  @MethodSource("tilesAndPasses")
  void noAccessIsWasted(GemmTile tile, CountedPass pass) {
    Counts counts = count(tile, pass, 256);
    long tiles = WIDTH / tile.cols();
    long operands = tiles * (tile.rows() + tile.cols()) * 256 * 2;
    assertThat(counts.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
    assertThat(counts.get(Counter.LOCAL_LOAD_REQUESTS)).isZero();
    assertThat(32 * counts.get(Counter.GLOBAL_COPY_SECTORS)).isEqualTo(operands);
    assertThat(counts.get(Counter.GLOBAL_COPY_DISTINCT_BYTES)).isEqualTo(operands);
    assertThat(counts.get(Counter.GLOBAL_STORE_DISTINCT_BYTES))
        .isEqualTo(32 * counts.get(Counter.GLOBAL_STORE_SECTORS))
        .isEqualTo(ROWS * WIDTH * (pass == CountedPass.WEIGHT ? 4 : 2));
    assertThat(counts.get(Counter.GLOBAL_LOAD_DISTINCT_BYTES))
        .isEqualTo(32 * counts.get(Counter.GLOBAL_LOAD_SECTORS));
    double tensor = counts.get(Counter.TENSOR_FLOPS);
    assertThat(tensor / (tensor + counts.flops())).isGreaterThan(0.9);
  }

  static Stream<Arguments> tilesAndPasses() {
    return Stream.of(GemmTile.LARGE, GemmTile.WIDE)
        .flatMap(tile -> Stream.of(CountedPass.values()).map(pass -> Arguments.of(tile, pass)));
  }

  /** The depth of a turn of the ring: three stages of 32, or two of 64 in wide tiles. */
  private static int turn(GemmTile tile) {
    return tile == GemmTile.WIDE ? 2 * 64 : 3 * 32;
  }

  private static double perProduct(Counts counts) {
    return (double) counts.get(Counter.INSTRUCTIONS) / counts.get(Counter.TENSOR);
  }

  /** Of a pass whose sums are {@code depth} deep. */
  private Counts count(GemmTile tile, CountedPass pass, int depth) {
    return pass.count(bench, bench.linearIn(tile), DType.BF16, ROWS, WIDTH, depth);
  }
}
