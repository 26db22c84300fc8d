package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import org.jspecify.annotations.Nullable;

/**
 * One shape of a linear layer: m rows go in, k wide, and come out n wide.
 *
 * @param tile null where the shape chooses it
 * @param activation of the forward pass, and below the input gradient
 * @param shift bytes by which tensors miss their alignment, in elements
 */
record GemmCase(
    DType dtype, @Nullable GemmTile tile, int m, int n, int k, Activation activation, int shift) {
  @Override
  public String toString() {
    return "%s%s, %d x %d x %d, %s%s"
        .formatted(
            dtype.suffix(),
            tile == null ? "" : " in tiles of " + tile.label(),
            m,
            n,
            k,
            activation.label(),
            shift == 0 ? "" : ", unaligned");
  }
}
