package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How norms share out rows follows from the shape alone. */
class NormLaunchTests {
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

  @Test
  void workspacesHoldOnePartialRowForEachBlock() {
    Shape x = Shape.of(3, 7, 300);
    assertThat(RmsNorm.workspaceShape(x)).isEqualTo(Shape.of(6, 300));
    assertThat(LayerNorm.workspaceShape(x)).isEqualTo(Shape.of(2, 6, 300));
    assertThat(RmsNorm.workspaceBytes(x)).isEqualTo(7200);
    assertThat(LayerNorm.workspaceBytes(x)).isEqualTo(14_400);
  }
}
