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

/** Every launch is a function of the shape alone, and covers it. */
class LaunchChoiceTests {
  @ParameterizedTest
  @CsvSource({
    "1, 32",
    "128, 32",
    "129, 64",
    "256, 64",
    "257, 96",
    "768, 192",
    "1600, 416",
    "2048, 512",
    "2049, 512",
    "128256, 512",
    "4294967296, 512"
  })
  void threadsOfARowComeFromItsColumnsAlone(long cols, int threads) {
    assertThat(RowLaunch.of(1, cols)).isEqualTo(new RowLaunch(1, threads));
    assertThat(RowLaunch.of(77, cols)).isEqualTo(new RowLaunch(77, threads));
  }

  @Test
  void manyRowsShareBlocks() {
    assertThat(RowLaunch.of(1L << 33, 5).launch()).isEqualTo(Launch.of(RowLaunch.MAX_BLOCKS, 32));
  }

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

  @ParameterizedTest
  @CsvSource({"1, 1", "2048, 1", "2049, 2", "134217728, 65536", "134217729, 65536"})
  void elementwiseWorkStridesOnceTheGridIsLarge(long count, long blocks) {
    assertThat(ElementwiseLaunch.of(count).launch()).isEqualTo(Launch.of(blocks, 256));
  }

  /** Rows, columns; threads along a row and beside it, blocks along and beside. */
  @ParameterizedTest
  @CsvSource({
    // One row: a flat tensor.
    "1, 1, 1, 1, 1, 1",
    "1, 8, 1, 1, 1, 1",
    "1, 9, 2, 1, 1, 1",
    "1, 2048, 256, 1, 1, 1",
    "1, 2049, 256, 1, 2, 1",
    // As many blocks as keep a GPU busy, then two and four vectors a thread.
    "1, 8388608, 256, 1, 4096, 1",
    "1, 8388609, 256, 1, 2049, 1",
    "1, 67108864, 256, 1, 8192, 1",
    "1, 17179869184, 256, 1, 1048576, 1",
    // Short rows share a block.
    "5, 7, 1, 8, 1, 1",
    "300, 100, 16, 16, 1, 19",
    // Long ones take several.
    "4096, 11008, 256, 1, 6, 1024",
    "10000000, 64, 8, 32, 1, 65535"
  })
  void aPointwiseThreadHasAVectorOrSeveral(
      long rows, long cols, int width, int height, long across, long down) {
    PointwiseLaunch launch = PointwiseLaunch.of(rows, cols, DType.BF16);
    assertThat(launch).isEqualTo(new PointwiseLaunch(width, height, across, down));
    assertThat(launch.launch().block().count()).isLessThanOrEqualTo(256);
    assertThat(launch.launch().grid().count()).isEqualTo(across * down);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "8192, 1, 1", "8193, 2, 2", "2147483648, 262144, 65536"})
  void lossesAreAddedUpByChunks(long count, long chunks, long blocks) {
    ElementwiseLossLaunch launch = ElementwiseLossLaunch.of(count);
    assertThat(launch.workspaceShape()).isEqualTo(Shape.of(chunks));
    assertThat(launch.launch()).isEqualTo(Launch.of(blocks, 256));
    assertThat(BceWithLogits.workspaceBytes(Shape.of(count))).isEqualTo(4 * chunks);
    assertThat(MeanSquaredError.workspaceBytes(Shape.of(count))).isEqualTo(4 * chunks);
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 1, 32",
    "F32, 512, 32",
    "F32, 513, 64",
    "BF16, 1024, 32",
    "F16, 1025, 64",
    "F32, 8192, 512",
    "BF16, 16384, 512",
    "BF16, 4294967296, 512"
  })
  void heldRowsTakeFourVectorsToAThread(DType dtype, long cols, int threads) {
    assertThat(HeldRowLaunch.of(dtype, 7, cols).launch()).isEqualTo(Launch.of(7, threads));
    assertThat(HeldRowLaunch.of(dtype, 1L << 33, cols).blocks()).isEqualTo(1 << 20);
  }

  @Test
  void elementsThatCostLittleAreSharedOutByMoreToAThread() {
    assertThat(ElementwiseLaunch.of(4097, ElementwiseLaunch.MANY_PER_THREAD).launch())
        .isEqualTo(Launch.of(2, 256));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "32, 1", "33, 2", "384, 12"})
  void columnSumsHaveOneBlockForEach32Columns(long cols, long blocks) {
    assertThat(ColumnLaunch.of(cols).launch()).isEqualTo(Launch.of(blocks, 256));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 4, 1, 1, 1",
    "600, 4, 4, 1, 2, 1",
    "600, 5, 4, 2, 3, 1",
    "600, 5, 8, 1, 2, 1",
    "7, 768, 8, 128, 2, 1",
    "7, 768, 4, 128, 2, 2",
    "65536, 4096, 8, 128, 1024, 4",
    "8589934592, 8589934592, 4, 128, 1, 4096"
  })
  void rowsOfATableShareABlock(
      long rows, long cols, int vector, int threads, long rowBlocks, long columnBlocks) {
    TableLaunch launch = TableLaunch.of(rows, cols, vector);
    assertThat(launch).isEqualTo(new TableLaunch(threads, rowBlocks, columnBlocks));
    assertThat(launch.launch().block().count()).isEqualTo(256);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1024, 1, 1, 1, 1",
    "64, 2, 1024, 1, 1, 1, 1",
    "65, 256, 1024, 1, 1, 8, 2",
    "1025, 257, 1024, 2, 2, 5, 17",
    "262144, 65536, 1024, 256, 2, 8, 4096",
    "262145, 65537, 2048, 129, 3, 6, 4097",
    "2147483647, 4294967296, 8388608, 256, 4, 8, 33554432"
  })
  void rowsAreSortedByFewDigitsInAtMost256Blocks(
      long rows,
      long vocab,
      long keysPerBlock,
      long blocks,
      int digits,
      int digitBits,
      long chunks) {
    assertThat(RowsByIdLaunch.of(rows, vocab))
        .isEqualTo(new RowsByIdLaunch(keysPerBlock, blocks, digits, digitBits, chunks));
  }

  @Test
  void anEmbeddingsWorkspaceHoldsItsSortAndAPartialRowForEachChunk() {
    // total; a chunk's row each; counts; keys and order, padded; bounds of ids, padded
    assertThat(Embedding.workspaceShape(Shape.of(3, 10), 65))
        .isEqualTo(Shape.of(4 + 2 * 10 + 256 + 2 * 68 + 2 * 4));
    // No chunks; keys and order twice, since digits take turns.
    assertThat(Embedding.workspaceBytes(Shape.of(300, 10), 64))
        .isEqualTo(4 * (4 + 256 + 4 * 64 + 2 * 300));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 4, 1",
    "4, 4, 1",
    "5, 4, 2",
    "512, 4, 128",
    "513, 5, 103",
    "3072, 24, 128",
    "4096, 24, 171",
    "12288, 24, 512",
    "12289, 25, 492",
    "16384, 32, 512",
    "1000000, 1954, 512"
  })
  void aNormsBackwardHasAtMost512PartialRows(long rows, long rowsPerBlock, long blocks) {
    assertThat(NormBackwardLaunch.of(rows)).isEqualTo(new NormBackwardLaunch(rowsPerBlock, blocks));
    assertThat(rowsPerBlock * blocks).isGreaterThanOrEqualTo(rows);
    assertThat(rowsPerBlock * (blocks - 1)).isLessThan(rows);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 8, 2, 64", // never less than a sector of 32 bytes
    "64, 8, 2, 64",
    "65, 8, 4, 32",
    "512, 8, 16, 8",
    "513, 8, 32, 4",
    "1024, 8, 32, 4",
    "1025, 8, 64, 1",
    "1600, 8, 64, 1",
    "4096, 8, 128, 1",
    "8192, 8, 256, 1",
    "256, 4, 16, 8",
    "8192, 4, 512, 1"
  })
  void groupsOfThreadsComeFromColumnsAndTypeAlone(long cols, int lanes, int width, int slots) {
    assertThat(RowGroupLaunch.of(cols, lanes)).isEqualTo(new RowGroupLaunch(width, slots));
  }

  @ParameterizedTest
  @CsvSource({
    "128, 4, 8", // a warp holds 8 rows of 4 threads each: one warp for 4 rows, or for 8
    "128, 8, 8",
    "128, 9, 16",
    "128, 1000, 32",
    "1024, 3, 3", // a warp to a row
    "8192, 24, 1"
  })
  void blocksHaveNoWarpWithoutARow(long cols, long rowsPerBlock, int slots) {
    RowGroupLaunch whole = RowGroupLaunch.of(cols, 8);
    assertThat(whole.forRows(rowsPerBlock)).isEqualTo(new RowGroupLaunch(whole.width(), slots));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 2, 1",
    "1, 256, 2, 256",
    "1, 1024, 2, 256",
    "1, 4096, 2, 342", // 12 rows for weight and bias
    "1, 4096, 1, 683", // 6 for a weight
    "1, 4096, 0, 1024", // 4 for the sake of the grid
    "1, 16384, 2, 1024",
    "4, 16384, 2, 512",
    "4, 1000, 2, 250", // as many as the block has slots
    "64, 1000, 2, 16",
    "1, 1000000, 2, 1024"
  })
  void blocksKeepTheirWeightsOverManyRows(int slots, long rows, int vectors, long blocks) {
    RowGroupLaunch group = new RowGroupLaunch(slots == 1 ? 256 : 128 / slots, slots);
    assertThat(group.forward(rows, vectors))
        .isEqualTo(new Launch(new Dim3((int) blocks), new Dim3(group.width(), slots, 1), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "1, false, 32",
    "128, false, 32",
    "129, false, 64",
    "5000, false, 1024",
    "8196, true, 544",
    "262144, true, 1024"
  })
  void threadsOfAnyRowComeFromItsColumnsAlone(long cols, boolean vectors, int threads) {
    assertThat(AnyNormLaunch.of(1, cols, vectors)).isEqualTo(new AnyNormLaunch(1, threads));
    assertThat(AnyNormLaunch.of(1L << 33, cols, vectors))
        .isEqualTo(new AnyNormLaunch(RowLaunch.MAX_BLOCKS, threads));
  }

  @Test
  void partialsTakeABlockForEachOfTheirRowsAnd256Threads() {
    assertThat(AnyNormLaunch.partials(7, 262_144, true))
        .isEqualTo(new Launch(new Dim3(256, 7, 1), new Dim3(256), 0));
    assertThat(AnyNormLaunch.partials(7, 5, false))
        .isEqualTo(new Launch(new Dim3(1, 7, 1), new Dim3(32), 0));
  }

  /** 16 slots of 16 bytes for each lane of a warp are 4096 columns of bf16, 2048 of f32. */
  @ParameterizedTest
  @CsvSource({
    "1, BF16, 32, 0",
    "4096, BF16, 32, 0",
    "4097, BF16, 64, 0",
    "32000, BF16, 256, 0",
    "65536, BF16, 512, 0", // as much as registers hold
    "65537, BF16, 512, 16", // the first of two tiles goes to shared memory
    "128256, BF16, 512, 16",
    "262144, BF16, 512, 20", // 3 tiles, of which 163 KiB less 2 hold 20 slots of 8 KiB
    "32768, F32, 512, 0",
    "32769, F32, 512, 16",
  })
  void crossEntropyHoldsTheLastTileInRegisters(long cols, DType dtype, int threads, int kept) {
    int shared = 163 << 10;
    assertThat(CrossEntropyLaunch.inRegisters(7, cols, dtype, true, shared))
        .isEqualTo(new CrossEntropyLaunch(7, threads, kept));
    assertThat(CrossEntropyLaunch.inRegisters(1, cols, dtype, false, shared))
        .isEqualTo(new CrossEntropyLaunch(1, threads, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "1, F16, 32, 1",
    "2048, F16, 32, 8",
    "2049, F16, 64, 5",
    "50257, F16, 800, 8",
    "128256, F16, 1024, 10",
    "50257, F32, 1024, 10",
  })
  void crossEntropyOfOtherRowsIsHeldInSharedMemory(long cols, DType dtype, int threads, int kept) {
    CrossEntropyLaunch launch = CrossEntropyLaunch.inSharedMemory(3, cols, dtype, true, 163 << 10);
    assertThat(launch).isEqualTo(new CrossEntropyLaunch(3, threads, kept));
    assertThat(launch.launch().sharedBytes()).isEqualTo(16 * threads * kept);
    // A device with less keeps less, and changes nothing else.
    assertThat(CrossEntropyLaunch.inSharedMemory(3, cols, dtype, true, 48 << 10).threads())
        .isEqualTo(threads);
    assertThat(CrossEntropyLaunch.inSharedMemory(3, cols, dtype, true, 0).keptSlots()).isZero();
  }

  @Test
  void workspacesHoldOnePartialRowForEachBlock() {
    Shape x = Shape.of(3, 7, 300);
    assertThat(RmsNorm.workspaceShape(x)).isEqualTo(Shape.of(6, 300));
    assertThat(LayerNorm.workspaceShape(x)).isEqualTo(Shape.of(2, 6, 300));
    assertThat(RmsNorm.workspaceBytes(x)).isEqualTo(7200);
    assertThat(LayerNorm.workspaceBytes(x)).isEqualTo(14_400);
  }
}
