package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.profile.bench.TileChoices.Option;
import java.util.List;
import org.junit.jupiter.api.Test;

class TileChoicesTests {
  private static final GpuModel A100 = GpuModel.named("a100");

  private static Option of(GemmTile tile, long rows, long cols, long depth) {
    return Option.of(A100, tile, DType.BF16, rows, cols, depth, 1.5);
  }

  /** 312 Tflop/s of 108 multiprocessors: 11.6 us for 2 x 128 x 128 x 1024 operations. */
  @Test
  void aBlockTakesItsMultiprocessorsShareOfThePeak() {
    Option large = of(GemmTile.LARGE, 1, 1024, 1024);
    assertThat(large.blocks()).isEqualTo(8);
    assertThat(large.rounds()).isEqualTo(1);
    assertThat(large.seconds()).isCloseTo(33_554_432 / (312e12 / 108), within(1e-12));
  }

  @Test
  void moreBlocksThanMultiprocessorsTakeTurns() {
    Option one = of(GemmTile.LARGE, 128 * 9, 128 * 12, 1024);
    Option more = of(GemmTile.LARGE, 128 * 9 + 1, 128 * 12, 1024);
    assertThat(one.rounds()).isEqualTo(1);
    assertThat(more.rounds()).isEqualTo(2);
    assertThat(more.seconds()).isCloseTo(2 * one.seconds(), within(1e-12));
  }

  /** 108 small tiles at a time want more of their operands than L2 has to give. */
  @Test
  void smallTilesWaitForTheirOperands() {
    Option small = of(GemmTile.SMALL, 64 * 9, 64 * 12, 1024);
    double clock = A100.warpInstructions() / 108 / 4;
    assertThat(small.rounds()).isEqualTo(1);
    assertThat(small.seconds()).isCloseTo(108 * 128 * 1024 * 2 / (5120 * clock), within(1e-12));
    assertThat(small.seconds()).isGreaterThan(1.3 * 2 * 64 * 64 * 1024 / (312e12 / 108));
  }

  @Test
  void withoutEveryTileThereIsNothingToCompare() {
    assertThat(TileChoices.lines(List.of())).isEmpty();
  }
}
