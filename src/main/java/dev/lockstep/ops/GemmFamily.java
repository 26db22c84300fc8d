package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.numeric.DType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The entries of one matrix product, one per tile and storage type. */
final class GemmFamily {
  private final MatrixPrecision precision;
  private final Map<GemmTile, KernelFamily> families = new EnumMap<>(GemmTile.class);

  /** Those that f32 tensors take in place of the {@code …_f32} of their family. */
  private final Map<GemmTile, LazyKernel> rounding = new EnumMap<>(GemmTile.class);

  GemmFamily(KernelLibrary library, String image, String stem, MatrixPrecision precision) {
    this.precision = precision;
    for (GemmTile tile : GemmTile.values()) {
      String images = image + tile.suffix();
      String entries = stem + tile.suffix();
      families.put(tile, new KernelFamily(library, images, entries));
      String suffix = "_" + precision.suffix();
      rounding.put(tile, new LazyKernel(library, images + suffix, entries + suffix));
    }
  }

  /**
   * The entry for a tile, as {@link GemmTile#of} chooses it, and a storage type.
   *
   * @throws IllegalArgumentException for a type no kernel computes with
   */
  Kernel of(GemmTile tile, DType dtype) {
    return dtype == DType.F32 && precision != MatrixPrecision.FP32
        ? Objects.requireNonNull(rounding.get(tile)).get()
        : Objects.requireNonNull(families.get(tile)).of(dtype);
  }
}
