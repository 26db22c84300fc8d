package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * How the gradient of a weight, a sum over the rows of a batch, is shared out: in tiles of the
 * weight and, where these are few and rows many, in parts of the sum, each taken by itself into a
 * workspace and then added up in ascending order. A function of the weight, the rows, their type
 * and precision, of no GPU.
 *
 * @param tile of the weight that a block computes
 * @param count of parts, 1 where the sum is taken as a whole, without a workspace
 * @param rows of each part but the last, which may have fewer
 */
public record WeightParts(GemmTile tile, int count, long rows) {
  /** Blocks that parts make at most: two of four warps for each multiprocessor of the largest. */
  private static final long BLOCKS = 256;

  private static final long THREADS = BLOCKS * 128;

  /**
   * So many rows for each of the tile's: of the bytes of its operands, a block then spends a
   * quarter on leaving its sums, and as much again on reading them, or less.
   */
  private static final long ROWS_EACH = 8;

  private static final int SUM_THREADS = 256;

  /** Of a block: 16 bytes for each thread. */
  private static final int SUM_ELEMENTS = 4 * SUM_THREADS;

  /** Parts begin where stages of all kernels do. */
  private static final long STAGE = 64;

  /** The parts for a weight of {@code outputs} × {@code inputs}. */
  static WeightParts of(
      DType dtype, MatrixPrecision precision, long outputs, long inputs, long rows) {
    return in(GemmTile.ofWeight(dtype, precision, outputs, inputs, rows), outputs, inputs, rows);
  }

  /** Those in tiles of one size, whatever the shape. */
  public static WeightParts in(GemmTile tile, long outputs, long inputs, long rows) {
    long blocks = THREADS / tile.threads();
    long tiles = GemmLaunch.of(tile, outputs, inputs).tiles();
    long most = tiles == 0 ? 0 : Math.min(blocks / tiles, rows / (ROWS_EACH * tile.rows()));
    if (most < 2) {
      return new WeightParts(tile, 1, rows);
    }
    long each = Math.ceilDiv(Math.ceilDiv(rows, most), STAGE) * STAGE;
    return new WeightParts(tile, (int) Math.ceilDiv(rows, each), each);
  }

  /**
   * Bytes of the f32 workspace for a weight of {@code outputs} × {@code inputs}, whatever the
   * {@link MatrixPrecision}: 0 where none is needed. At most 16 MiB.
   */
  public static long workspaceBytes(DType dtype, long outputs, long inputs, long rows) {
    long most = 0;
    for (MatrixPrecision precision : MatrixPrecision.values()) {
      int count = of(dtype, precision, outputs, inputs, rows).count;
      if (count > 1) {
        most = Math.max(most, Tensor.bytes(DType.F32, Shape.of(count, outputs, inputs)));
      }
    }
    return most;
  }

  /** A block for each tile of each part. */
  Launch launch(long outputs, long inputs) {
    Launch one = GemmLaunch.of(tile, outputs, inputs).launch();
    return new Launch(new Dim3(one.grid().x(), count, 1), one.block(), one.sharedBytes());
  }

  /** Of the kernel that adds up the parts of so many elements. */
  static Launch sumLaunch(long elements) {
    return Launch.of(Math.ceilDiv(elements, (long) SUM_ELEMENTS), SUM_THREADS);
  }
}
