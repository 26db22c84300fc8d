package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where the gradient of a bias goes while the gradient it is the sum of is computed: the matrix
 * product sums the columns of each of its tiles while they are on the chip, and a second launch
 * adds these sums in a fixed order, so that nobody reads the gradient again for the bias's sake.
 *
 * @param dBias [cols], f32, accumulated into
 * @param workspace f32, of {@link #workspaceShape} or larger, overwritten; {@link
 *     MatrixEngine#LIBRARY} needs none
 */
public record BiasGradient(Tensor dBias, @Nullable Tensor workspace) {
  /**
   * The workspace for a gradient of {@code rows} × {@code cols} that is a matrix product: a row of
   * sums for each row of tiles. With any {@link MatrixPrecision}: others have tiles as high or
   * higher.
   *
   * @param depth the products each of its elements is the sum of
   */
  public static Shape workspaceShape(DType dtype, long rows, long cols, long depth) {
    return sums(GemmTile.of(dtype, MatrixPrecision.FP32, cols, depth), rows, cols);
  }

  static Shape sums(GemmTile tile, long rows, long cols) {
    return Shape.possiblyEmpty(Math.ceilDiv(rows, (long) tile.rows()), cols);
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(DType dtype, long rows, long cols, long depth) {
    return Tensor.bytes(DType.F32, workspaceShape(dtype, rows, cols, depth));
  }
}
