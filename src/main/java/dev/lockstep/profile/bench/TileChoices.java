package dev.lockstep.profile.bench;

import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.ops.MatrixPrecision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;

/**
 * What it costs that the tile of a product is chosen from its width and depth alone, so that a row
 * has the same bits in any batch: for batches of some sizes, the tile there is beside the one that
 * would be fastest, as predicted from the instructions that were counted. Not measured on a GPU.
 */
public final class TileChoices {
  private static final long[] ROWS = {1, 64, 256, 1024, 8192};
  private static final List<GpuModel> GPUS =
      List.of(GpuModel.named("a100"), GpuModel.named("h100"));

  /** Operations of one instruction of a tensor core: 16 × 8 × 16 products, and their sums. */
  private static final double FLOPS = 2.0 * 16 * 8 * 16;

  /** Bytes a clock that a multiprocessor gets from L2 at most. */
  private static final double L2_BYTES_EACH = 64;

  /**
   * Bytes a clock that L2 gives to all of them ("NVIDIA A100 Tensor Core GPU Architecture" white
   * paper; taken to be the same on others).
   */
  private static final double L2_BYTES = 5120;

  private TileChoices() {}

  /**
   * A line for each size of a batch; none where forward passes of a 16-bit type were not counted in
   * every tile.
   */
  public static List<String> lines(List<BenchResult> results) {
    Map<GemmTile, BenchResult> forward = new EnumMap<>(GemmTile.class);
    for (BenchResult result : results) {
      BenchCase row = result.row();
      if (row.kernel().equals("linear")
          && row.pass().equals("forward")
          && row.dtype() != DType.F32
          && result.product().isPresent()) {
        for (GemmTile tile : GemmTile.values()) {
          if (tile.label().equals(row.tile())) {
            forward.putIfAbsent(tile, result);
          }
        }
      }
    }
    return forward.size() == GemmTile.values().length ? lines(forward) : List.of();
  }

  private static List<String> lines(Map<GemmTile, BenchResult> forward) {
    BenchCase row = forward.values().iterator().next().row();
    long cols = row.shape().extent(1);
    long depth = row.shape().extent(2);
    GemmTile chosen = GemmTile.of(row.dtype(), MatrixPrecision.FP32, cols, depth);
    List<String> lines = new ArrayList<>();
    lines.add(
        "predicted of forward %s, %d outputs of %d inputs, tiles of %s whatever the rows:"
            .formatted(row.dtype().suffix(), cols, depth, chosen.label()));
    for (long rows : ROWS) {
      StringJoiner line = new StringJoiner("; ", "  %5d rows: ".formatted(rows), "");
      for (GpuModel gpu : GPUS) {
        Map<GemmTile, Option> options = new EnumMap<>(GemmTile.class);
        forward.forEach(
            (tile, result) -> {
              double each = result.product().orElseThrow().instructionsEach().orElseThrow();
              options.put(tile, Option.of(gpu, tile, row.dtype(), rows, cols, depth, each));
            });
        Option best =
            Collections.min(options.values(), Comparator.comparingDouble(Option::seconds));
        line.add(Objects.requireNonNull(options.get(chosen)).beside(best, gpu));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /**
   * A tile, and what it needs.
   *
   * @param blocks all of them
   * @param rounds blocks of the multiprocessor that has most
   * @param seconds of that one at least, with its tensor cores, schedulers and way to L2 each doing
   *     nothing else; or of L2, or the memory
   */
  record Option(GemmTile tile, long blocks, long rounds, double seconds) {
    /**
     * @param each instructions for each of a tensor core
     */
    static Option of(
        GpuModel gpu, GemmTile tile, DType dtype, long rows, long cols, long depth, double each) {
      long blocks = Math.ceilDiv(rows, (long) tile.rows()) * Math.ceilDiv(cols, (long) tile.cols());
      long rounds = Math.ceilDiv(blocks, (long) gpu.multiprocessors());
      double flops = 2.0 * tile.rows() * tile.cols() * depth;
      double instructions = each * flops / FLOPS;
      double bytes = (double) (tile.rows() + tile.cols()) * depth * dtype.byteSize();
      double issue = gpu.warpInstructions() / gpu.multiprocessors();
      double clock = gpu.clock();
      double peak = Bounds.tensorRate(gpu, dtype);
      double multiplying = flops / (peak / gpu.multiprocessors());
      double loading = bytes / (L2_BYTES_EACH * clock);
      double block = Math.max(multiplying, Math.max(instructions / issue, loading));
      double fewest = (double) (rows * depth + cols * depth + rows * cols) * dtype.byteSize();
      double moving = Math.max(fewest / gpu.rates().memory(), blocks * bytes / (L2_BYTES * clock));
      return new Option(tile, blocks, rounds, Math.max(rounds * block, moving));
    }

    private String beside(Option best, GpuModel gpu) {
      return String.format(
          Locale.ROOT,
          "%s (%d SMs) %d blocks, at most %d on one, %s",
          gpu.name(),
          gpu.multiprocessors(),
          blocks,
          rounds,
          best.tile == tile
              ? "the best"
              : String.format(
                  Locale.ROOT,
                  "%.2f times the time of %s",
                  seconds / best.seconds,
                  best.tile.label()));
    }
  }
}
