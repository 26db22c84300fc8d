package dev.lockstep.profile.bench;

import dev.lockstep.ops.GatedTile;
import dev.lockstep.ops.GemmTile;

/** What a block computes of the result of one product, or of two with the same left operand. */
record TileShape(long rows, long cols) {
  static TileShape of(GemmTile tile) {
    return new TileShape(tile.rows(), tile.cols());
  }

  static TileShape of(GatedTile tile) {
    return new TileShape(tile.rows(), tile.cols());
  }

  /** For example {@code 128x64}. */
  String label() {
    return rows + "x" + cols;
  }

  /** Numbers it holds for each of the products. */
  long area() {
    return rows * cols;
  }
}
