package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Launches of what is no product and no norm: functions of the shape alone, which cover it. */
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
}
