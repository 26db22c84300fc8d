package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * What a matrix product reads of its operands: results of rows × cols, each a sum over depth.
 *
 * @param rights how many right operands share the left one; there are as many results
 */
record ProductBytes(DType dtype, long rows, long cols, long depth, int rights) {
  static ProductBytes of(DType dtype, long rows, long cols, long depth) {
    return new ProductBytes(dtype, rows, cols, depth, 1);
  }

  /** Every operand once. */
  long fewest() {
    return left() + rights * right();
  }

  /** The left operand once for each column of tiles, the right ones once for each row of them. */
  long inTiles(TileShape tile) {
    return Math.ceilDiv(cols, tile.cols()) * left()
        + Math.ceilDiv(rows, tile.rows()) * rights * right();
  }

  /** Whether tiles cover the result exactly, and rows of all operands begin at a sector. */
  boolean isWhole(TileShape tile) {
    return rows % tile.rows() == 0
        && cols % tile.cols() == 0
        && depth * dtype.byteSize() % Traffic.SECTOR == 0;
  }

  /** Multiplications and additions. */
  double flops() {
    return 2.0 * rows * cols * depth * rights;
  }

  private long left() {
    return Tensor.bytes(dtype, Shape.of(rows, depth));
  }

  private long right() {
    return Tensor.bytes(dtype, Shape.of(cols, depth));
  }
}
