package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chunks come from batch, vocabulary, type and budget, and stay under the budget. */
class LogitChunksTests {
  /** Rows, vocabulary, budget; rows of a chunk, chunks. */
  @ParameterizedTest
  @CsvSource({
    // All fit.
    "1000, 50257, 1000000000, 1000, 1",
    "1, 1, 2, 1, 1",
    "7, 10, 140, 7, 1",
    // One byte less: two alike.
    "7, 10, 139, 4, 2",
    // One row at a time.
    "7, 10, 20, 1, 7",
    "7, 10, 39, 1, 7",
    // Whole tiles of 128 rows, chunks alike: 4096 fit, three chunks of 2816.
    "8192, 32000, 262144000, 4096, 2",
    "8193, 32000, 262144000, 2816, 3",
    // 300 rows fit: two tiles.
    "1000, 100, 60000, 256, 4",
    // 255 rows fit: one tile.
    "1000, 100, 51000, 128, 8",
    // 127 rows fit, and of eight chunks each has 125.
    "1000, 100, 25400, 125, 8",
    "1000000000000, 128256, 1073741824, 4096, 244140625",
  })
  void asFewAsFitAndAboutAlike(
      long rows, long vocabulary, long budget, long chunkRows, long count) {
    LogitChunks chunks = LogitChunks.of(rows, vocabulary, DType.BF16, budget);
    assertThat(chunks.chunkRows()).isEqualTo(chunkRows);
    assertThat(chunks.count()).isEqualTo(count);
  }

  @Test
  void theWorkspaceIsNeverLargerThanTheBudgetAndAllRowsAreCovered() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      DType dtype = i % 2 == 0 ? DType.F32 : DType.F16;
      long rows = random.nextLong(1, 1L << random.nextInt(1, 20));
      long vocabulary = random.nextLong(1, 1L << random.nextInt(1, 18));
      long budget = random.nextLong(vocabulary * dtype.byteSize(), 1L << 32);
      LogitChunks chunks = LogitChunks.of(rows, vocabulary, dtype, budget);
      assertThat(chunks.workspaceBytes()).as("%s", chunks).isLessThanOrEqualTo(budget);
      long covered = 0;
      for (long first = 0; first < rows; first += chunks.chunkRows()) {
        covered += chunks.rowsFrom(first);
      }
      assertThat(covered).as("%s", chunks).isEqualTo(rows);
      long fit = budget / (vocabulary * dtype.byteSize());
      if (fit < rows && fit >= 128) {
        assertThat(chunks.chunkRows() % 128).as("%s", chunks).isZero();
      }
    }
  }

  /** Rows, vocabulary, width, budget; rows of a chunk, bytes of parts. */
  @ParameterizedTest
  @CsvSource({
    // Logits alone fit as a whole, with the parts they do not, and half of them need none.
    "1024, 256, 64, 524288, 512, 0",
    "1024, 256, 64, 655359, 512, 0",
    "1024, 256, 64, 655360, 1024, 131072",
    // Chunks of 2048 rows with four parts each.
    "8192, 256, 64, 1310720, 2048, 262144",
    // Too many tiles for parts.
    "8192, 32000, 512, 262144000, 4096, 0",
  })
  void partsOfTheWeightGradientCountAgainstTheBudget(
      long rows, long vocabulary, long width, long budget, long chunkRows, long partBytes) {
    LogitChunks chunks = LogitChunks.of(rows, vocabulary, width, DType.BF16, budget);
    assertThat(chunks.chunkRows()).isEqualTo(chunkRows);
    assertThat(chunks.partBytes()).isEqualTo(partBytes);
    assertThat(chunks.workspaceBytes())
        .isEqualTo(chunkRows * vocabulary * 2 + partBytes)
        .isLessThanOrEqualTo(budget);
  }

  @Test
  void noBudgetIsExceededWithParts() {
    SplittableRandom random = new SplittableRandom(2);
    int inParts = 0;
    for (int i = 0; i < 20_000; i++) {
      DType dtype = i % 2 == 0 ? DType.F32 : DType.F16;
      long rows = random.nextLong(1, 1L << random.nextInt(8, 16));
      long vocabulary = random.nextLong(1, 1L << random.nextInt(1, 12));
      long width = random.nextLong(1, 1L << random.nextInt(1, 10));
      long rowBytes = vocabulary * dtype.byteSize();
      long budget = random.nextLong(rowBytes, 2 * rows * rowBytes + 1);
      LogitChunks chunks = LogitChunks.of(rows, vocabulary, width, dtype, budget);
      assertThat(chunks.workspaceBytes()).as("%s", chunks).isLessThanOrEqualTo(budget);
      assertThat(chunks.partsAt() % 16).isZero();
      inParts += chunks.partBytes() > 0 ? 1 : 0;
    }
    assertThat(inParts).isBetween(1_000, 19_000);
  }

  /** 8192 rows are summed in 16 parts, 8320 in 15: the last chunk is the larger in that. */
  @Test
  void aLastChunkOfMorePartsThanTheOthersHasRoomForThem() {
    LogitChunks chunks = LogitChunks.of(16_512, 256, 256, DType.F32, 13_000_000);
    assertThat(chunks.chunkRows()).isEqualTo(8320);
    assertThat(WeightParts.workspaceBytes(DType.F32, 256, 256, 8192))
        .isGreaterThan(WeightParts.workspaceBytes(DType.F32, 256, 256, 8320))
        .isLessThanOrEqualTo(chunks.partBytes());
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "100513"})
  void aBudgetThatHoldsNoRowIsRefused(long budget) {
    assertThatThrownBy(() -> LogitChunks.of(8, 50_257, DType.BF16, budget))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a memory budget of %d bytes holds no row of logits; one of 50257 in bf16 takes"
                    .formatted(budget)
                + " 100514 bytes");
    assertThat(LogitChunks.of(8, 50_257, DType.BF16, 100_514).chunkRows()).isEqualTo(1);
  }

  @Test
  void chunksOfNothingAreRefused() {
    for (long[] bad : new long[][] {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {3, 1, 4}}) {
      assertThatThrownBy(() -> new LogitChunks(bad[0], bad[1], DType.F32, bad[2]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("chunks of %d rows out of %d".formatted(bad[2], bad[0]));
    }
  }
}
