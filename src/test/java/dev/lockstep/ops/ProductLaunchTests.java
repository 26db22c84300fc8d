package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which tiles products take, and into how many parts long sums are cut, follows from the shape. */
class ProductLaunchTests {
  @ParameterizedTest
  @CsvSource({
    "SMALL, 1, 1, 1",
    "SMALL, 64, 64, 1",
    "SMALL, 65, 64, 2",
    "SMALL, 65, 129, 6",
    "SMALL, 256, 384, 24",
    "SMALL, 1000000, 1, 15625",
    "LARGE, 1, 1, 1",
    "LARGE, 128, 128, 1",
    "LARGE, 129, 257, 6",
    "WIDE, 1, 1, 1",
    "WIDE, 128, 256, 1",
    "WIDE, 129, 257, 4"
  })
  void aProductHasOneBlockForEachTile(GemmTile tile, long rows, long cols, long tiles) {
    Launch launch = GemmLaunch.of(tile, rows, cols).launch();
    int threads = tile == GemmTile.WIDE ? 256 : 128;
    assertThat(launch.grid()).isEqualTo(Launch.of(tiles, threads).grid());
    assertThat(launch.block()).isEqualTo(new Dim3(threads));
    assertThat(launch.sharedBytes()).isEqualTo(tile == GemmTile.WIDE ? 98_304 : 0);
  }

  /** Two products share the registers of one: a gate's tiles are chosen with those, but smaller. */
  @ParameterizedTest
  @CsvSource({
    "BF16, FP32, 512, 256, LARGE, 1, 8",
    "F16, FP32, 512, 256, LARGE, 129, 16",
    "BF16, FP32, 511, 256, SMALL, 65, 16",
    "BF16, FP32, 512, 255, SMALL, 64, 8",
    "F32, FP32, 4096, 4096, SMALL, 1, 64",
    "F32, TF32X3, 4096, 4096, SMALL, 1, 64",
    "F32, TF32, 512, 256, LARGE, 129, 16",
    "F32, TF32, 511, 256, SMALL, 65, 16"
  })
  void theTileOfAGateIsThatOfAProduct(
      DType dtype,
      MatrixPrecision precision,
      long hidden,
      long depth,
      GatedTile tile,
      long rows,
      long blocks) {
    assertThat(GatedTile.of(dtype, precision, hidden, depth)).isEqualTo(tile);
    assertThat(tile.launch(rows, hidden)).isEqualTo(Launch.of(blocks, 128));
  }

  /** Whole rows of tiles: 64 where columns or sums are few, otherwise 128. */
  @ParameterizedTest
  @CsvSource({"BF16, 129, 512, 256, 2", "BF16, 129, 512, 255, 3", "F32, 128, 512, 256, 2"})
  void theSumsOfABiasTakeARowForEachRowOfTiles(
      DType dtype, long rows, long cols, long depth, long sums) {
    assertThat(BiasGradient.workspaceShape(dtype, rows, cols, depth))
        .isEqualTo(Shape.of(sums, cols));
    assertThat(BiasGradient.workspaceBytes(dtype, rows, cols, depth)).isEqualTo(4 * sums * cols);
  }

  @Test
  void moreTilesThanAGridHoldsAreRefused() {
    GemmLaunch launch = GemmLaunch.of(GemmTile.SMALL, 1L << 22, 1L << 22);
    assertThatThrownBy(launch::launch).hasMessageContaining("grid of 4294967296 blocks");
    assertThatThrownBy(() -> GemmLaunch.of(GemmTile.SMALL, Long.MAX_VALUE, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too many to count");
  }

  @ParameterizedTest
  @CsvSource({
    "BF16, FP32, 512, 256, LARGE",
    "F16, FP32, 512, 256, LARGE",
    "BF16, FP32, 511, 256, SMALL",
    "BF16, FP32, 512, 255, SMALL",
    "F32, FP32, 4096, 4096, SMALL",
    "F32, TF32X3, 4096, 4096, SMALL",
    "F32, TF32, 512, 256, LARGE",
    "F32, TF32, 511, 256, SMALL",
    "F32, TF32, 4096, 4096, LARGE",
    "BF16, TF32X3, 512, 256, LARGE",
    "BF16, FP32, 2047, 4096, LARGE",
    "BF16, FP32, 2048, 256, WIDE",
    "BF16, FP32, 2048, 255, SMALL",
    "BF16, FP32, 4294967296, 4294967296, WIDE"
  })
  void theTileOfAProductComesFromItsTypeWidthAndDepth(
      DType dtype, MatrixPrecision precision, long cols, long depth, GemmTile tile) {
    assertThat(GemmTile.of(dtype, precision, cols, depth)).isEqualTo(tile);
  }

  @ParameterizedTest
  @CsvSource({
    "BF16, FP32, 512, 512, 256, LARGE",
    "BF16, FP32, 511, 4096, 256, SMALL",
    "BF16, FP32, 4096, 511, 256, SMALL",
    "BF16, FP32, 512, 512, 255, SMALL",
    "BF16, FP32, 2047, 4096, 256, LARGE",
    "BF16, FP32, 2048, 2048, 256, WIDE",
    "F32, FP32, 4096, 4096, 4096, SMALL",
    "F32, TF32, 4096, 512, 256, LARGE"
  })
  void theTileOfAWeightGradientComesFromBothItsSidesAndTheBatch(
      DType dtype, MatrixPrecision precision, long rows, long cols, long batch, GemmTile tile) {
    assertThat(GemmTile.ofWeight(dtype, precision, rows, cols, batch)).isEqualTo(tile);
  }

  /**
   * No parts below eight rows for each of a tile's, nor where two would make more than 256 blocks
   * of four warps; then as many as neither forbids, of whole stages.
   */
  @ParameterizedTest
  @CsvSource({
    "BF16, FP32, 384, 128, 256, SMALL, 1, 256, 0",
    "BF16, FP32, 384, 128, 1023, SMALL, 1, 1023, 0",
    "BF16, FP32, 384, 128, 1024, SMALL, 2, 512, 393216",
    "F32, FP32, 384, 128, 1025, SMALL, 2, 576, 393216",
    "F16, FP32, 384, 128, 1000000, SMALL, 21, 47680, 4128768",
    "BF16, FP32, 1, 1, 1000000, SMALL, 253, 3968, 1012",
    "BF16, FP32, 512, 512, 1024, LARGE, 1, 1024, 0",
    "BF16, FP32, 512, 512, 4096, LARGE, 4, 1024, 4194304",
    "BF16, FP32, 1448, 1448, 1000000, LARGE, 1, 1000000, 0",
    "BF16, FP32, 1024, 1536, 1000000, LARGE, 2, 500032, 12582912",
    "BF16, FP32, 2048, 2048, 1000000, WIDE, 1, 1000000, 0",
    "F32, TF32, 512, 512, 4096, LARGE, 4, 1024, 4194304",
    "F32, FP32, 512, 512, 4096, SMALL, 4, 1024, 4194304",
    "BF16, FP32, 4294967296, 4294967296, 4096, WIDE, 1, 4096, 0",
  })
  void theSumOfASmallWeightOverManyRowsIsTakenInParts(
      DType dtype,
      MatrixPrecision precision,
      long outputs,
      long inputs,
      long rows,
      GemmTile tile,
      int count,
      long each,
      long bytes) {
    WeightParts parts = WeightParts.of(dtype, precision, outputs, inputs, rows);
    assertThat(parts).isEqualTo(new WeightParts(tile, count, each));
    assertThat(WeightParts.workspaceBytes(dtype, outputs, inputs, rows)).isEqualTo(bytes);
  }

  @Test
  void partsAreAllNeededAndTheirWorkspaceIsSmall() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      long outputs = random.nextLong(1, 1L << random.nextInt(1, 14));
      long inputs = random.nextLong(1, 1L << random.nextInt(1, 14));
      long rows = random.nextLong(1, 1L << random.nextInt(1, 24));
      for (GemmTile tile : GemmTile.values()) {
        WeightParts parts = WeightParts.in(tile, outputs, inputs, rows);
        assertThat(parts.rows() * parts.count()).isGreaterThanOrEqualTo(rows);
        assertThat(parts.rows() * (parts.count() - 1)).isLessThan(rows);
        if (parts.count() > 1) {
          assertThat(4L * parts.count() * outputs * inputs).isLessThanOrEqualTo(16 << 20);
          Launch launch = parts.launch(outputs, inputs);
          assertThat(launch.grid().count() * launch.block().count()).isLessThanOrEqualTo(256 * 128);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1024, 1", "1025, 2"})
  void aThreadAddsUpThePartsOfFourElements(long elements, long blocks) {
    assertThat(WeightParts.sumLaunch(elements)).isEqualTo(Launch.of(blocks, 256));
  }
}
