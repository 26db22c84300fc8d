package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.numeric.DType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The entries of one matrix product, one per tile and storage type. */
final class GemmFamily {
  private final Map<GemmTile, KernelFamily> families = new EnumMap<>(GemmTile.class);

  GemmFamily(KernelLibrary library, String image, String stem) {
    for (GemmTile tile : GemmTile.values()) {
      families.put(tile, new KernelFamily(library, image + tile.suffix(), stem + tile.suffix()));
    }
  }

  /**
   * The entry for a tile, as {@link GemmTile#of} chooses it, and a storage type.
   *
   * @throws IllegalArgumentException for a type no kernel computes with
   */
  Kernel of(GemmTile tile, DType dtype) {
    return Objects.requireNonNull(families.get(tile)).of(dtype);
  }
}
