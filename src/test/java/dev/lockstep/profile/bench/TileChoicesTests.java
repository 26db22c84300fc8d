package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.profile.bench.TileChoices.Option;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** One line for each size of a batch, with the tile's own blocks on both GPUs. */
  @Test
  void eachSizeOfABatchHasALine() {
    List<BenchResult> results = forward();
    GemmTile chosen = GemmTile.of(DType.BF16, MatrixPrecision.FP32, 1024, 1024);
    List<String> lines = TileChoices.lines(results);
    assertThat(lines).hasSize(1 + 5);
    assertThat(lines.getFirst())
        .isEqualTo(
            "predicted of forward bf16, 1024 outputs of 1024 inputs, tiles of %s whatever the rows:"
                .formatted(chosen.label()));
    long blocks = Math.ceilDiv(8192, chosen.rows()) * Math.ceilDiv(1024, chosen.cols());
    assertThat(lines.getLast())
        .startsWith("   8192 rows: a100 (108 SMs) %d blocks, at most ".formatted(blocks))
        .contains("; h100 (132 SMs) %d blocks, ".formatted(blocks));
    assertThat(lines.get(1)).startsWith("      1 rows: ");
    assertThat(lines.subList(1, 6)).allMatch(line -> line.matches(".*(the best|times the time).*"));
    assertThat(TileChoices.lines(results.subList(1, results.size()))).as("a tile less").isEmpty();
  }

  /** All tiles, with 1.5 instructions for each of a tensor core. */
  private static List<BenchResult> forward() {
    return ProductSuite.of(DType.BF16, List.of(ProductSuite.DEFAULT_SHAPE)).cases().stream()
        .filter(row -> row.kernel().equals("linear") && row.pass().equals("forward"))
        .map(
            row ->
                new BenchResult(
                    row,
                    List.of("k"),
                    "k",
                    Launch.of(1, 32),
                    1,
                    Optional.empty(),
                    Map.of(),
                    0,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(new ProductCounts(100, 150, Optional.empty(), 100, 0)),
                    Optional.empty()))
        .toList();
  }

  @Test
  void withoutEveryTileThereIsNothingToCompare() {
    assertThat(TileChoices.lines(List.of())).isEmpty();
  }
}
