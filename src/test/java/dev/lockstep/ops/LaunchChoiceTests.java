package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Launch;
import dev.lockstep.tensor.Shape;
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
    "1, 1, 1",
    "64, 64, 1",
    "65, 64, 2",
    "65, 129, 6",
    "256, 384, 24",
    "1000000, 1, 15625"
  })
  void aProductHasOneBlockForEachTile(long rows, long cols, long tiles) {
    assertThat(GemmLaunch.of(rows, cols).launch()).isEqualTo(Launch.of(tiles, 128));
  }

  @Test
  void moreTilesThanAGridHoldsAreRefused() {
    GemmLaunch launch = GemmLaunch.of(1L << 22, 1L << 22);
    assertThatThrownBy(launch::launch).hasMessageContaining("grid of 4294967296 blocks");
    assertThatThrownBy(() -> GemmLaunch.of(Long.MAX_VALUE, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too many to count");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2048, 1", "2049, 2", "134217728, 65536", "134217729, 65536"})
  void elementwiseWorkStridesOnceTheGridIsLarge(long count, long blocks) {
    assertThat(ElementwiseLaunch.of(count).launch()).isEqualTo(Launch.of(blocks, 256));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "32, 1", "33, 2", "384, 12"})
  void columnSumsHaveOneBlockForEach32Columns(long cols, long blocks) {
    assertThat(ColumnLaunch.of(cols).launch()).isEqualTo(Launch.of(blocks, 256));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "4, 1", "5, 2", "256, 64"})
  void fourWarpsShareABlock(long rows, long blocks) {
    assertThat(WarpLaunch.of(rows).launch()).isEqualTo(Launch.of(blocks, 128));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 8, 1",
    "8, 8, 1",
    "9, 8, 2",
    "4096, 8, 512",
    "4097, 9, 456",
    "1000000, 1954, 512"
  })
  void aNormsBackwardHasAtMost512PartialRows(long rows, long rowsPerBlock, long blocks) {
    assertThat(NormBackwardLaunch.of(Shape.of(rows, 300)))
        .isEqualTo(new NormBackwardLaunch(rowsPerBlock, blocks, 96));
    assertThat(rowsPerBlock * blocks).isGreaterThanOrEqualTo(rows);
    assertThat(rowsPerBlock * (blocks - 1)).isLessThan(rows);
  }

  @Test
  void workspacesHoldOnePartialRowForEachBlock() {
    Shape x = Shape.of(3, 7, 300);
    assertThat(RmsNorm.workspaceShape(x)).isEqualTo(Shape.of(3, 300));
    assertThat(LayerNorm.workspaceShape(x)).isEqualTo(Shape.of(2, 3, 300));
    assertThat(RmsNorm.workspaceBytes(x)).isEqualTo(3600);
    assertThat(LayerNorm.workspaceBytes(x)).isEqualTo(7200);
  }
}
